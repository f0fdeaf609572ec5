/**
 * The time of day in milliseconds with microseconds behind the point: the monotonic clock's, as long as it agrees with the system's
 * (it does not follow when somebody sets the time).
 */
export function wallClockMs(): number {
  const fine = performance.timeOrigin + performance.now();
  const coarse = Date.now();
  return Math.abs(fine - coarse) < 2 ? fine : coarse;
}
