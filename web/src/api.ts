// The control plane's calls (docs/gateway.md), with the token that came in the page's address.

export class ApiError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

const TOKEN_KEY = "terrella-token";

// The token of `#token=...`, which leaves the address at once and stays with this tab; null when there is none.
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(TOKEN_KEY);
}

export function forgetToken(): void {
  sessionStorage.removeItem(TOKEN_KEY);
}

export class Api {
  constructor(private readonly token: string) {}

  // Retries are the caller's: changes carry a request_id so that they may be repeated.
  async call<T>(method: string, message: object = {}, patienceMs = 15_000): Promise<T> {
    const response = await this.post(method, JSON.stringify(message), AbortSignal.timeout(patienceMs));
    return await response.json() as T;
  }

  // The answer to a method that reads a stream: a message a line.
  async send<T>(method: string, messages: object[]): Promise<T> {
    const lines = messages.map((message) => JSON.stringify(message)).join("\n");
    const response = await this.post(method, lines, AbortSignal.timeout(60_000), "application/x-ndjson");
    return await response.json() as T;
  }

  // Messages as they come. Returns when the stream has ended well; throws when it broke.
  async watch<T>(method: string, message: object, signal: AbortSignal, seen: (message: T) => void): Promise<void> {
    const response = await this.post(method, JSON.stringify(message), signal);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let kept = ""; ;) {
      const { value, done } = await reader.read();
      if (done) throw new ApiError("UNAVAILABLE", "the stream broke");
      const lines = (kept + value).split("\n");
      kept = lines.pop()!;
      for (const line of lines) {
        const parsed = JSON.parse(line);
        if (!("end" in parsed)) seen(parsed as T);
        else if (parsed.end.code === "OK") return;
        else throw new ApiError(parsed.end.code, parsed.end.message);
      }
    }
  }

  private async post(method: string, body: string, signal: AbortSignal, type = "application/json"): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`/v1/${method}`, {
        method: "POST",
        headers: { "authorization": `Bearer ${this.token}`, "content-type": type },
        body,
        signal,
      });
    } catch (error) {
      if (signal.aborted && signal.reason?.name === "AbortError") throw signal.reason;  // nobody wants it any more
      throw new ApiError("UNAVAILABLE", `the control plane does not answer (${(error as Error).message})`);
    }
    if (response.ok) return response;
    const { error } = await response.json().catch(() => ({ error: { code: "UNKNOWN", message: response.statusText } }));
    throw new ApiError(error.code, error.message);
  }
}
