/** How long a client may think about a question, in milliseconds: what the controller has injected. */
export class Patience {
  constructor(readonly answerMs: number) {}
}
