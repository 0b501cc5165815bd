/** What a component renders to, here: its kind, and what it was given. */
export interface Element {
  readonly type: unknown;
  readonly props: Readonly<Record<string, unknown>>;
}

interface Store {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly snapshot: () => unknown;
}

let used: Store | undefined;

/** @source https://react.dev/reference/react/useSyncExternalStore, as far as a component without other hooks goes */
export function useSyncExternalStore<T>(subscribe: Store['subscribe'], snapshot: () => T): T {
  used = { subscribe, snapshot };
  const value = snapshot();
  if (!Object.is(value, snapshot())) throw new Error('the snapshot must stay the same until the store changes');
  return value;
}

/** As compiled JSX has it. */
export const jsx = (type: unknown, props: Element['props']): Element => ({ type, props });
export const jsxs: typeof jsx = jsx;

/**
 * Shows a component: once, and again whenever its store tells of a change and has another value.
 *
 * @returns takes it away again
 */
export function mount(component: () => Element, show: (element: Element) => void): () => void {
  show(component());
  if (!used) throw new Error('the component uses no store');
  const { subscribe, snapshot } = used;
  let shown = snapshot();
  return subscribe(() => {
    if (Object.is(shown, snapshot())) return;
    shown = snapshot();
    show(component());
    if (used?.subscribe !== subscribe) throw new Error('another subscribe at each render would subscribe anew');
  });
}
