const DATE = /^(\d{2})-(\d{2})-(\d{4})$/;

/** The day that a text such as `06-24-2019` names, at midnight UTC; `undefined` for what names none. */
export function readDate(text: string): Date | undefined {
  const [, month, day, year] = DATE.exec(text) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // Dates that are not there, such as 02-30, would be taken for later ones.
  return date.getUTCDate() === Number(day) ? date : undefined;
}

const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' });

/** The English name of its day of the week. */
export function weekdayOf(date: Date): string {
  return weekday.format(date);
}
