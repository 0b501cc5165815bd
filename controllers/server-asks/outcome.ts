import { RemoteError, WsError } from 'nefeli';

/** How an ask of the server has ended. Every ask ends, in one of these ways. */
export type Outcome =
  | { readonly kind: 'answer'; readonly text: string }
  /** Whoever was asked has answered with an error. */
  | { readonly kind: 'error'; readonly text: string }
  /** No answer came in time. */
  | { readonly kind: 'timeout' }
  /** Nobody is there under this id, or they went before they answered. */
  | { readonly kind: 'gone' };

/** Waits for the answer to an ask, or for why there is none. */
export async function outcomeOf(ask: Promise<{ readonly body: string | Uint8Array }>): Promise<Outcome> {
  try {
    return { kind: 'answer', text: String((await ask).body) };
  } catch (error) {
    if (error instanceof RemoteError) return { kind: 'error', text: error.text };
    if (!(error instanceof WsError)) throw error;
    switch (error.code) {
      case 'ASK_TIMEOUT':
        return { kind: 'timeout' };
      case 'ASK_UNHEARD':
      case 'CONN_CLOSED':
        return { kind: 'gone' };
      default:
        throw error;
    }
  }
}
