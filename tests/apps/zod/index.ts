// zod, in TypeScript.
import { z } from 'zod';

const User = z.object({ name: z.string().min(2), age: z.number().int().positive(), mail: z.email().optional() });

export default {
  async fetch(request: Request): Promise<Response> {
    const parsed = User.safeParse(await request.json());
    return parsed.success ? Response.json(parsed.data) : Response.json(parsed.error.issues, { status: 400 });
  },
};
