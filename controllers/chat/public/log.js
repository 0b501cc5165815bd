import { make } from '/make.js';

/** A page that stays open for days must not grow for days. */
const MAX_ENTRIES = 300;
/** What one person says within this time stands together. */
const TOGETHER_MS = 3 * 60_000;
/** How far from the end a reader may be, in pixels, to be taken along. */
const NEAR_END_PX = 80;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** The list of messages of one room. All texts are set as text, never as HTML. */
export function createLog(list) {
  let last;
  let isAtEnd = true;

  list.addEventListener('scroll', () => {
    isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
  });
  const follow = () => {
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  };
  new ResizeObserver(follow).observe(list); // as when the keyboard of a phone comes up

  const add = (entry) => {
    list.append(entry);
    while (list.childElementCount > MAX_ENTRIES) list.firstElementChild.remove();
    follow();
  };

  return {
    avatarOf,
    clear() {
      list.replaceChildren();
      last = undefined;
      isAtEnd = true;
    },
    note({ text }) {
      last = undefined;
      add(make('p', 'notice', text));
    },
    say(line, isOwn) {
      const isFirst = last?.from.id !== line.from.id || line.at - last.at > TOGETHER_MS;
      last = line;
      add(makeLine(line, { isOwn, isFirst }));
    },
  };
}

function makeLine({ from, text, at }, { isOwn, isFirst }) {
  const time = make('time', '', clock.format(at));
  time.dateTime = new Date(at).toISOString();
  const bubble = make('div', 'bubble', make('span', 'said', text), time);
  const author = make('span', 'author', from.name);
  const line = make('div', 'line', author, avatarOf(from), bubble);
  line.classList.toggle('own', isOwn);
  line.classList.toggle('first', isFirst);
  return line;
}

/** A disc with the initial, in a colour that stays the same for a name. */
function avatarOf({ name }) {
  const [initial = ''] = name;
  const avatar = make('span', 'avatar', initial.toUpperCase());
  avatar.setAttribute('aria-hidden', 'true');
  let hue = 0;
  for (const char of name) hue = (hue * 31 + char.codePointAt(0) * 47) % 360;
  avatar.style.setProperty('--hue', String(hue));
  return avatar;
}
