/** Requirements that nobody can look at through the sync endpoint, each with the reason. */
export const UNOBSERVABLE: ReadonlyMap<string, string> = new Map<string, string>([]);
