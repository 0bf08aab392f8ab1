/**
 * What people write to each other.
 * @module
 */
import { el, iconButton } from './dom.js';
import { voiceOf } from './names.js';

const MESSAGES_MAX = 500;
/** The server's limit is in bytes; a character has up to four. */
const LENGTH_MAX = 1000;

/** @typedef {{from: string, name: string, text: string, at: number}} Message */

/**
 * @param {object} options
 * @param {(text: string) => Promise<void>} options.send
 * @param {() => string} options.ownId
 * @param {(error: unknown) => void} options.onFault
 */
export function createChat({ send, ownId, onFault }) {
  const log = el('div', {
    class: 'chat-log',
    role: 'log',
    'aria-label': 'Messages',
    'aria-live': 'polite',
    tabindex: 0,
  });
  const empty = el(
    'p',
    { class: 'chat-empty soft' },
    'Nothing has been written yet. Messages are gone when the call ends.',
  );
  const input = el('textarea', {
    class: 'chat-input',
    rows: 1,
    maxlength: LENGTH_MAX,
    placeholder: 'Write to everyone',
    'aria-label': 'Message',
  });
  const form = el(
    'form',
    { class: 'chat-form', submit: handleSubmit },
    input,
    iconButton('send', 'Send', { type: 'submit' }),
  );
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) handleSubmit(event);
  });
  /** @type {{from: string, at: number} | null} */
  let last = null;

  /** @param {Event} event */
  async function handleSubmit(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = '';
    try {
      await send(text);
    } catch (error) {
      input.value ||= text;
      onFault(error);
    }
  }

  /** @param {Message} message */
  function add(message) {
    empty.remove();
    const isFollowing = last !== null && last.from === message.from && message.at - last.at < 120_000;
    last = message;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.append(renderMessage(message, message.from === ownId(), isFollowing));
    while (log.children.length > MESSAGES_MAX) log.firstElementChild?.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  const element = el('div', { class: 'chat' }, empty, log, form);
  return {
    element,
    add,
    focus() {
      input.focus();
      log.scrollTop = log.scrollHeight;
    },
  };
}

/**
 * @param {Message} message
 * @param {boolean} isOwn
 * @param {boolean} isFollowing Right after another one of the same person.
 */
function renderMessage({ name, text, at }, isOwn, isFollowing) {
  const date = new Date(at);
  const time = el(
    'time',
    { datetime: date.toISOString() },
    date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
  );
  const head = el(
    'div',
    { class: 'chat-head' },
    el('span', { class: `chat-name voice-${voiceOf(name)}` }, isOwn ? 'You' : name),
    time,
  );
  return el(
    'div',
    { class: `chat-message${isOwn ? ' is-own' : ''}${isFollowing ? ' is-following' : ''}` },
    head,
    el('p', {}, ...linked(text)),
  );
}

/**
 * The text with its web addresses as links.
 * @param {string} text
 */
function linked(text) {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/)
    .map((part, index) =>
      index % 2 === 1 ? el('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part) : part,
    );
}
