// Tells when a letter has really been seen: in sight, in a window that is looked at, for a moment. Knows the page; knows no letter.

/** Less than this is no look, only a letter passed by. */
const leastMs = 600;

/** For `{@attach}`. `seconds`: how long it has to be looked at; null: never by itself. */
export function whenSeen(seconds: number | null, seen: () => void): ((element: Element) => () => void) | null {
  if (seconds === null) return null;
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isInSight = false;
    const look = (): void => {
      clearTimeout(timer);
      timer = undefined;
      if (isInSight && document.visibilityState === 'visible') timer = setTimeout(seen, Math.max(leastMs, seconds * 1000));
    };
    const observer = new IntersectionObserver((entries) => {
      isInSight = entries.at(-1)!.isIntersecting;
      look();
    });
    observer.observe(element);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener('visibilitychange', look);
    };
  };
}
