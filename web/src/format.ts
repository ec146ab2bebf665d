// Numbers and times for people.

export function rate(perS: number): string {
  if (perS <= 0) return "0";
  if (perS < 10) return perS.toFixed(1);
  return perS < 1000 ? String(Math.round(perS)) : `${(perS / 1000).toFixed(perS < 10_000 ? 1 : 0)}k`;
}

export function bytes(count: number): string {
  return count < 1 << 20 ? `${Math.round(count / 1024)} KiB` : `${(count / (1 << 20)).toFixed(1)} MiB`;
}

export function percent(basisPoints: number): string {
  return `${basisPoints / 100} %`;
}

export function shortId(version: string): string {
  return version.slice(0, 8);
}

export function clock(unixMs: string): string {
  return new Date(Number(unixMs)).toLocaleTimeString();
}

const STATES: Record<string, string> = {
  NODE_STATE_READY: "ready", NODE_STATE_SYNCING: "syncing", NODE_STATE_DRAINING: "draining", NODE_STATE_DOWN: "down",
};
export function stateName(state: string): string {
  return STATES[state] ?? "unknown";
}

export function count(events: number): string {
  return events.toLocaleString("en");
}

export function ms(time: number): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
