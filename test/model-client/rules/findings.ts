/** What a server's messages broke. `broken` are rules of the reference; `ignored` its advice, which our own server follows too. */
export class Findings {
  readonly broken: string[] = [];
  readonly ignored: string[] = [];

  /** @param rule where it stands, such as `§4.2`: a section of session-and-packages. */
  broke(rule: string, detail: string): void {
    this.broken.push(`${rule}: ${detail}`);
  }

  advises(rule: string, detail: string): void {
    this.ignored.push(`${rule}: ${detail}`);
  }

  check(holds: boolean, rule: string, detail: string): void {
    if (!holds) this.broke(rule, detail);
  }
}

/** The server broke a rule; the message lists all of them. */
export class ServerBrokeRules extends Error {
  override readonly name = 'ServerBrokeRules';
}
