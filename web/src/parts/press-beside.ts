// A press beside a dialog, begun and ended there. One that began inside, such as marking words in a field and letting go beside it, is none. Knows the
// browser's dialog, whose backdrop presses are its own.

/** For a `<dialog>`: `{@attach pressBeside(close)}`. */
export function pressBeside(pressed: () => void): (dialog: HTMLElement) => () => void {
  return (dialog) => {
    let began = false;
    const down = (event: Event): void => void (began = event.target === dialog);
    const click = (event: Event): void => {
      if (began && event.target === dialog) pressed();
      began = false;
    };
    dialog.addEventListener('pointerdown', down);
    dialog.addEventListener('click', click);
    return () => {
      dialog.removeEventListener('pointerdown', down);
      dialog.removeEventListener('click', click);
    };
  };
}
