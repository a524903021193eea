/** How bad it is when an assertion fails; `P0` is the worst. */
export const SEVERITIES = ['P0', 'P1', 'P2', 'P3'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** How many, by severity, the worst first; a severity without any has no entry. */
export type SeverityCounts = Readonly<Partial<Record<Severity, number>>>;

export function countBySeverity(items: Iterable<{ readonly severity: Severity }>): SeverityCounts {
  const severities = [...items].map(({ severity }) => severity);
  const counts = SEVERITIES.map((severity) => [severity, severities.filter((each) => each === severity).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
