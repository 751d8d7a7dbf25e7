/*! Stammgast consent dialogue, Apache-2.0. Optional; needs stammgast.js before it.
 *
 *   <script src="/consent.js" data-notice-url="/datenschutz"></script>
 *
 * Opens by itself where nobody has chosen yet; StammgastConsent.open() opens it again, for the link
 * "Datenschutz-Einstellungen" that every page must have. Options may also stand in
 * window.stammgastConsent = { lang, noticeUrl, categories, auto }. The shop's style sheet may set
 * --stammgast-accent (4.5:1 on white), for all buttons alike.
 *
 * Refusing is as easy as accepting: both buttons are on the first layer, alike in size, colour and
 * distance. Nothing is switched on beforehand. Closing with Escape is no answer: nothing is
 * remembered, and the next page asks again.
 */
(() => {
  'use strict';

  const TEXTS = {
    de: {
      title: 'Ihre Einwilligung',
      intro: 'Wir würden gern Daten über Ihren Besuch nutzen. Sie entscheiden, wofür. Ohne Ihre '
        + 'Einwilligung funktioniert der Shop genauso, nur ohne persönliche Auswahl.',
      notice: 'Datenschutzhinweise',
      accept: 'Alle annehmen',
      refuse: 'Alle ablehnen',
      choose: 'Auswahl bestätigen',
      signal: 'Ihr Browser widerspricht der Nutzung für Werbung. Daran halten wir uns.',
      change: 'Sie können Ihre Auswahl jederzeit ändern oder widerrufen.',
      categories: {
        functional: ['Komfort', 'Merkzettel und Einstellungen'],
        personalization: ['Persönliche Auswahl', 'Artikel und Reihenfolge passend zu Ihnen'],
        marketing: ['Nachrichten', 'Angebote per E-Mail, SMS oder Push, wenn abonniert'],
        analytics: ['Messung', 'Auswertung, wie der Shop genutzt wird'],
        advertising: ['Werbung', 'Eigene Werbung an Ihr Verhalten anpassen'],
        fit: ['Größenhinweis', 'Passform aus Ihren Angaben und Retouren'],
        advice: ['Beratung', 'Was unsere Beratung in der Filiale von Ihnen sieht'],
      },
    },
    en: {
      title: 'Your consent',
      intro: 'We would like to use data about your visit. You decide what for. Without your '
        + 'consent the shop works just the same, only without a personal selection.',
      notice: 'Privacy notice',
      accept: 'Accept all',
      refuse: 'Refuse all',
      choose: 'Confirm selection',
      signal: 'Your browser objects to use for advertising. We keep to that.',
      change: 'You can change or withdraw your choice at any time.',
      categories: {
        functional: ['Comfort', 'Wish list and settings'],
        personalization: ['Personal selection', 'Products and their order to suit you'],
        marketing: ['Messages', 'Offers by e-mail, SMS or push, where subscribed'],
        analytics: ['Measurement', 'How the shop is used'],
        advertising: ['Advertising', 'Our own advertising adapted to what you do'],
        fit: ['Size advice', 'Fit from what you tell us and send back'],
        advice: ['Advice', 'What our advisors in the store see of you'],
      },
    },
  };

  // In a shadow root with its own sheet: the shop's styles cannot make one button the nicer one by
  // accident, and a strict Content-Security-Policy has nothing to object to.
  const CSS = `
    :host { --accent: var(--stammgast-accent, #1b4d8f) }
    dialog { box-sizing: border-box; width: min(36rem, 100vw - 1rem); max-height: 100dvh;
      max-height: calc(100dvh - 1rem); overflow: auto; padding: 1.25rem; border: 0;
      border-radius: .75rem; color: #1b1f24; background: #fff; font: 1rem/1.5 system-ui, sans-serif;
      box-shadow: 0 1rem 3rem #0006 }
    dialog::backdrop { background: #0008 }
    h2 { margin: 0 0 .5rem; font-size: 1.25rem } p { margin: .5rem 0 }
    fieldset { margin: 1rem 0; padding: 0; border: 0 }
    label { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; padding: .4rem 0;
      cursor: pointer }
    input { width: 1.25rem; height: 1.25rem; margin: .15rem 0; accent-color: var(--accent) }
    small { grid-column: 2; color: #4a5260 }
    a { color: var(--accent) }
    .actions { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .5rem;
      position: sticky; bottom: -1.25rem; padding: .5rem 0; background: #fff }
    button { min-height: 2.75rem; padding: .5rem; border: 2px solid var(--accent);
      border-radius: .5rem; font: inherit; font-weight: 600; color: #fff; background: var(--accent);
      cursor: pointer }
    button.choose { grid-column: 1 / -1; color: var(--accent); background: #fff }
    :focus-visible { outline: 3px solid #e08a00; outline-offset: 2px }`;

  const script = document.currentScript;
  const options = {
    lang: document.documentElement.lang,
    noticeUrl: script && script.dataset.noticeUrl,
    categories: ['functional', 'personalization', 'marketing', 'analytics', 'advertising'],
    auto: true,
    ...window.stammgastConsent,
  };
  let host = null;

  function make(name, properties = {}, children = []) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  function option(category, [title, text], now) {
    const blocked = category === 'advertising' && now.signal;
    return make('label', {}, [
      make('input', {
        type: 'checkbox', name: category, disabled: blocked,
        checked: now.preferences[category] === true && !blocked,
      }),
      make('b', { textContent: title }),
      make('small', { textContent: text }),
    ]);
  }

  function open() {
    if (host) return;
    const texts = TEXTS[(options.lang || '').toLowerCase().startsWith('de') ? 'de' : 'en'];
    const now = window.Stammgast.consent();
    const returnTo = document.activeElement;
    const dialog = make('dialog');
    const choices = options.categories.map(
      (category) => option(category, texts.categories[category] || [category, ''], now));
    const answer = (pick) => {
      const preferences = {};
      for (const input of dialog.querySelectorAll('input')) {
        preferences[input.name] = pick(input) && !input.disabled;
      }
      window.Stammgast.setConsent(preferences);
      dialog.close();
    };
    const button = (text, pick, className = '') => make('button', {
      type: 'button', textContent: text, className, onclick: () => answer(pick),
    });
    dialog.append(
      make('h2', { id: 'title', textContent: texts.title }),
      make('p', { id: 'intro', textContent: texts.intro }),
      ...(now.signal ? [make('p', { textContent: texts.signal })] : []),
      make('fieldset', { ariaLabel: texts.title }, choices),
      make('div', { className: 'actions' }, [
        button(texts.refuse, () => false, 'refuse'),
        button(texts.accept, () => true, 'accept'),
        button(texts.choose, (input) => input.checked, 'choose'),
      ]),
      make('p', {}, [make('small', { textContent: texts.change + ' ' }),
        ...(options.noticeUrl ? [make('a', { href: options.noticeUrl, textContent: texts.notice })]
          : [])]),
    );
    dialog.setAttribute('aria-labelledby', 'title');
    dialog.setAttribute('aria-describedby', 'intro');
    dialog.addEventListener('keydown', (event) => wrap(event, dialog));
    dialog.addEventListener('close', () => {
      host.remove();
      host = null;
      if (returnTo && returnTo.focus) returnTo.focus();
    });
    host = make('div', { className: 'stammgast-consent', lang: texts === TEXTS.de ? 'de' : 'en' });
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    root.append(dialog);
    document.body.append(host);
    // A modal dialogue makes the page behind it inert, for pointers and for readers.
    dialog.showModal();
    // The answers stick to the foot; the question must not scroll away for them.
    dialog.querySelector('button.refuse').focus({ preventScroll: true });
    dialog.scrollTop = 0;
  }

  // The browser lets Tab leave a modal dialogue for its own bars; here it goes round.
  function wrap(event, dialog) {
    if (event.key !== 'Tab') return;
    const stops = [...dialog.querySelectorAll('a[href], button, input:not([disabled])')];
    const from = stops.indexOf(dialog.getRootNode().activeElement);
    const to = event.shiftKey ? from - 1 : from + 1;
    if (to >= 0 && to < stops.length) return;
    event.preventDefault();
    stops[(to + stops.length) % stops.length].focus();
  }

  window.StammgastConsent = { open };
  const start = () => { if (options.auto && !window.Stammgast.consent().asked) open(); };
  if (document.body) start();
  else document.addEventListener('DOMContentLoaded', start);
})();
