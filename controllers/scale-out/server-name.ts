/** What this server is called on the page. */
export class ServerName {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
