/**
 * Puts the fields of checked data onto an instance. Fields that would hide something of its class (`run`, `constructor`, `__proto__`) are
 * left out: the sender of data must not change behaviour.
 */
export function fieldsOnto(instance: object, data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  const inherited: unknown = Object.getPrototypeOf(instance);
  for (const [name, value] of Object.entries(data)) {
    if (inherited !== null && name in (inherited as object)) continue;
    Object.defineProperty(instance, name, { value, enumerable: true, configurable: true, writable: true });
  }
}
