/*! Stammgast browser SDK, Apache-2.0. One file, no dependency, first party only.
 *
 *   <script src="/stammgast.js" data-key="wk_…"></script>          or
 *   Stammgast.init({ key: 'wk_…', host: 'https://cdp.shop.example' })
 *
 *   Stammgast.setConsent({ personalization: true, analytics: false })
 *   Stammgast.track('Product Viewed', { product_id: 'RUN-01' })
 *   Stammgast.page()
 *   Stammgast.identify('user-1', { newsletter: true }, { identityToken })
 *   const { decisions } = await Stammgast.experience([{ key: 'home.banner', type: 'banner' }])
 *   Stammgast.reset()
 *
 * Before the customer said yes to something: nothing is stored, no event is sent, calls to track
 * and page are forgotten. A no to everything is one entry without an identifier.
 */
(() => {
  'use strict';

  const LIBRARY = { name: 'stammgast.js', version: '0.1.0' };
  // Entries in localStorage, all of this origin. An event is an entry of its own: two tabs that
  // shared one list would overwrite each other's.
  const CHOICE = 'sg.consent';
  const ANONYMOUS = 'sg.anonymous';
  const USER = 'sg.user';
  const EVENT = 'sg.event.';
  const SEEN = 'sg.position';
  const BOUND = 'sg.bound';

  // Browsers give all keepalive requests of a page 64 KB together.
  const BATCH_BYTES = 48 * 1024;
  const EVENT_BYTES = 32 * 1024;
  const BATCH_EVENTS = 50;
  const QUEUE_EVENTS = 500;
  // The platform forgets messageIds after 35 days; a shop visit is of interest for one week.
  const QUEUE_DAYS = 7;
  const CHOICE_DAYS = 365;
  const DAY_MS = 86400000;
  const BACKOFF_MS = 500;
  const BACKOFF_MAX_MS = 60000;
  const RETRY_AFTER_MAX_S = 300;
  const REQUEST_MS = 10000;

  let settings = null;
  let choice = null; // { preferences, notice, day, signal } or null: never asked
  let anonymousId = null;
  let userId = null;
  let identityToken = null;
  let queue = []; // [{ event, bytes }], oldest first
  let sending = false;
  let attempt = 0;
  let timer = 0;
  let pausedUntil = 0;
  let left = '';
  let binding = null;

  // Storage may be switched off or full: then this page lives without.
  const storage = (area) => ({
    get(name) {
      try { return window[area].getItem(name); } catch { return null; }
    },
    set(name, value) {
      try { window[area].setItem(name, value); return true; } catch { return false; }
    },
    remove(name) {
      try { window[area].removeItem(name); } catch { /* nothing was there */ }
    },
    names(prefix) {
      try {
        return Object.keys(window[area]).filter((name) => name.startsWith(prefix)).sort();
      } catch { return []; }
    },
  });
  const disk = storage('localStorage');
  const visit = storage('sessionStorage');
  const parse = (text) => { try { return JSON.parse(text); } catch { return null; } };

  const uuid = () => crypto.randomUUID ? crypto.randomUUID()
    // randomUUID needs a secure context, and intranets have http.
    : Array.from(crypto.getRandomValues(new Uint8Array(16)),
      (byte) => byte.toString(16).padStart(2, '0')).join('');

  // ---- Consent ---------------------------------------------------------------------------------

  const signal = () => navigator.globalPrivacyControl === true;
  const today = () => Math.floor(Date.now() / DAY_MS);
  const covered = () => choice !== null && Object.values(choice.preferences).includes(true);

  // Global Privacy Control only lowers. Advertising is off while it is on; and a yes said before
  // it was switched on is taken back, until the customer chooses with the signal on.
  function lower(preferences, chosenUnderSignal) {
    const lowered = {};
    for (const category of Object.keys(preferences)) {
      lowered[category] = preferences[category] === true
        && !(signal() && (category === 'advertising' || !chosenUnderSignal));
    }
    return lowered;
  }

  function loadChoice() {
    const saved = parse(disk.get(CHOICE));
    // An answer to another notice answers other questions; an old one is asked for again.
    if (!saved || !saved.preferences || saved.notice !== settings.notice
      || today() - saved.day > CHOICE_DAYS) {
      disk.remove(CHOICE);
      forget();
      return;
    }
    const lowered = lower(saved.preferences, saved.signal);
    choice = saved;
    restore();
    if (JSON.stringify(lowered) !== JSON.stringify(saved.preferences)) change(lowered);
  }

  // A lowering must reach the platform although nothing else may be sent any more, so its event is
  // made while there still is an id, and stays queued until it is delivered.
  function change(preferences) {
    const before = covered();
    choice = { preferences, notice: settings.notice, day: today(), signal: signal() };
    // The day, not the instant: a refusal must not be a number that tells one browser from others.
    disk.set(CHOICE, JSON.stringify(choice));
    const after = covered();
    if (after && !anonymousId) restore();
    // Taken back: the platform's cookie goes, too.
    if (before && !after) askSession(anonymousId);
    narrow(after);
    if (before || after) {
      enqueue('track', { event: 'Segment Consent Preference Updated', properties: {} });
    }
    if (!after) forget();
    window.dispatchEvent(new CustomEvent('stammgast:consent', { detail: consent() }));
    flush();
  }

  // What waits was stamped with what was allowed then. Less is allowed now: so less it may serve.
  function narrow(keep) {
    for (const item of keep ? queue : queue.splice(0)) {
      disk.remove(EVENT + item.event.messageId);
      if (!keep) continue;
      const stamp = item.event.context.consent.categoryPreferences;
      for (const category of Object.keys(stamp)) {
        stamp[category] = stamp[category] && choice.preferences[category] === true;
      }
      keepEvent(item);
    }
  }

  function forget() {
    for (const name of [ANONYMOUS, USER]) disk.remove(name);
    for (const name of [SEEN, BOUND]) visit.remove(name);
    binding = null;
    anonymousId = userId = identityToken = null;
  }

  function restore() {
    anonymousId = disk.get(ANONYMOUS);
    userId = disk.get(USER);
    if (covered() && !anonymousId) {
      anonymousId = uuid();
      disk.set(ANONYMOUS, anonymousId);
    }
  }

  // ---- The platform's session ------------------------------------------------------------------

  const askSession = (id) => post('/v1/session', JSON.stringify({
    writeKey: settings.key, anonymousId: id, context: stamp(),
  }), true, 'include').then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({}));

  // An HttpOnly cookie proves that the anonymous id is this browser's own; without it decisions are
  // what everybody gets. Bound once a visit. An id that another browser bound first is not ours.
  async function bind() {
    if (visit.get(BOUND) === anonymousId) return;
    const id = anonymousId;
    const { session, code } = await askSession(id);
    if (id !== anonymousId) return;
    if (session) visit.set(BOUND, id);
    else if (code === 'bound_elsewhere') {
      forget();
      restore();
      const again = await askSession(anonymousId);
      if (again.session) visit.set(BOUND, anonymousId);
    }
  }

  // ---- Events ----------------------------------------------------------------------------------

  function context() {
    const asked = new URLSearchParams(location.search);
    const campaign = {};
    for (const part of ['source', 'medium', 'term', 'content']) {
      if (asked.get('utm_' + part)) campaign[part] = asked.get('utm_' + part);
    }
    if (asked.get('utm_campaign')) campaign.name = asked.get('utm_campaign');
    return {
      library: LIBRARY,
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      // Neither query nor fragment nor the referrer's path: they carry searches, names, tokens.
      page: { path: location.pathname, title: document.title, referrer: referrer() },
      ...(Object.keys(campaign).length ? { campaign } : {}),
      ...stamp(),
    };
  }

  const stamp = () => choice === null ? {}
    : { consent: { categoryPreferences: { ...choice.preferences } } };

  function referrer() {
    try { return new URL(document.referrer).hostname; } catch { return ''; }
  }

  function enqueue(type, fields) {
    const now = Date.now();
    const event = {
      type,
      // Made once and stored with the event: every retry carries it, so that it counts once.
      messageId: `sg-${now}-${uuid()}`,
      timestamp: new Date(now).toISOString(),
      anonymousId,
      ...(userId ? { userId } : {}),
      ...fields,
      context: context(),
    };
    const item = copyOf(event);
    if (!item || item.bytes > EVENT_BYTES) return null;
    while (queue.length >= QUEUE_EVENTS) drop([queue[0]]);
    keepEvent(item);
    queue.push(item);
    schedule(queue.length >= 10 ? 0 : settings.flushMs);
    return event.messageId;
  }

  // As it is now, whatever the page does to its objects later; null for what has no JSON.
  function copyOf(event) {
    try {
      const text = JSON.stringify(event);
      return { event: JSON.parse(text), bytes: new Blob([text]).size };
    } catch { return null; }
  }

  const keepEvent = ({ event }) => disk.set(EVENT + event.messageId, JSON.stringify(event));

  function drop(items) {
    for (const { event } of items) disk.remove(EVENT + event.messageId);
    queue = queue.filter((item) => !items.includes(item));
  }

  // What an earlier page or a closed tab left behind. Another tab may be sending the same: the
  // platform counts a messageId once.
  function adopt() {
    queue = [];
    for (const name of disk.names(EVENT)) {
      const text = disk.get(name);
      const event = parse(text);
      const tooOld = !event || Date.now() - Date.parse(event.timestamp) > QUEUE_DAYS * DAY_MS;
      if (tooOld) disk.remove(name);
      else queue.push({ event, bytes: new Blob([text]).size });
    }
  }

  // ---- Sending ---------------------------------------------------------------------------------

  function nextBatch(limit = BATCH_EVENTS) {
    const batch = [];
    let bytes = 0;
    for (const item of queue.slice(0, limit)) {
      bytes += item.bytes + 1;
      if (bytes > BATCH_BYTES) break;
      batch.push(item);
    }
    return batch;
  }

  // text/plain and the key in the body: a simple request, which no browser asks leave for first.
  const batchBody = (batch) => JSON.stringify({
    writeKey: settings.key, sentAt: new Date().toISOString(), ...token(),
    batch: batch.map((item) => item.event),
  });

  const token = () => identityToken ? { identityToken } : {};

  async function post(path, body, keepalive, credentials = 'same-origin') {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), REQUEST_MS);
    try {
      return await fetch(settings.host + path, {
        method: 'POST', body, keepalive, signal: abort.signal,
        headers: { 'Content-Type': 'text/plain' },
        credentials,
      });
    } finally {
      clearTimeout(limit);
    }
  }

  function schedule(waitMs) {
    const due = Math.max(Date.now() + waitMs, pausedUntil);
    if (timer && timer.due <= due) return;
    if (timer) clearTimeout(timer.handle);
    timer = { due, handle: setTimeout(() => { timer = 0; flush(); }, due - Date.now()) };
  }

  async function flush() {
    if (sending || !queue.length || navigator.onLine === false) return;
    if (Date.now() < pausedUntil) { schedule(0); return; }
    sending = true;
    const batch = nextBatch();
    let answer = null;
    try {
      answer = await post('/v1/batch', batchBody(batch), true);
    } catch { /* offline, reset or too slow: the same as a status that asks to come again */ }
    sending = false;
    if (answer && !comesAgain(answer.status)) {
      attempt = 0;
      drop(batch);
      if (answer.ok) remember(await answer.json().catch(() => ({})));
      if (queue.length) schedule(0);
    } else {
      pausedUntil = Date.now() + pauseMs(answer);
      schedule(0);
    }
  }

  // The table that the official SDKs keep to: of the rest, what is not accepted never will be.
  const comesAgain = (status) => [408, 410, 429, 460].includes(status)
    || (status >= 500 && ![501, 505, 511].includes(status));

  function pauseMs(answer) {
    const after = answer && [429, 503].includes(answer.status)
      ? Number(answer.headers.get('Retry-After')) : 0;
    if (after > 0) return Math.min(after, RETRY_AFTER_MAX_S) * 1000;
    const backoff = Math.min(BACKOFF_MS * 2 ** attempt, BACKOFF_MAX_MS);
    attempt += 1;
    return backoff * (0.9 + 0.2 * Math.random());
  }

  // How far the platform had come when it answered us: handed back so that no node, however late,
  // decides without what this customer just did.
  function remember(answer) {
    if (answer.position && covered()) visit.set(SEEN, answer.position);
  }

  // The page is going. Nobody will hear the answer, so what is sent stays stored; the next page
  // sends it again and the platform counts it once.
  function leave() {
    const batch = nextBatch();
    // Browsers say twice that a page is going.
    const last = batch.length ? batch[batch.length - 1].event.messageId : left;
    if (last === left || Date.now() < pausedUntil) return;
    left = last;
    const url = settings.host + '/v1/batch';
    const body = new Blob([batchBody(batch)], { type: 'text/plain' });
    if (!(navigator.sendBeacon && navigator.sendBeacon(url, body))) {
      post('/v1/batch', batchBody(batch), true).catch(() => {});
    }
  }

  // ---- What the page calls ---------------------------------------------------------------------

  /** Starts. Once; a second call changes nothing. */
  function init(options) {
    if (settings || !options || !options.key) return;
    settings = {
      key: options.key,
      host: (options.host || '').replace(/\/$/, ''),
      notice: options.notice || 1,
      flushMs: options.flushMs === undefined ? 1000 : options.flushMs,
    };
    adopt();
    loadChoice();
    schedule(0);
    window.addEventListener('online', () => { pausedUntil = attempt = 0; flush(); });
    window.addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') leave();
    });
  }

  /** Something happened. The messageId, or null if no consent covers it. */
  function track(event, properties = {}) {
    return settings && covered() ? enqueue('track', { event, properties }) : null;
  }

  /** A page was seen. */
  function page(name = document.title, properties = {}) {
    return settings && covered() ? enqueue('page', { name, properties }) : null;
  }

  /**
   * Who somebody is. The platform believes a browser's user id only with an identity token, which
   * the shop's backend signs; it lives an hour and is never stored, so hand it over on each page.
   */
  function identify(id, traits = {}, options = {}) {
    if (!settings || !covered()) return null;
    userId = id || null;
    identityToken = options.identityToken || null;
    if (userId) disk.set(USER, userId);
    return enqueue('identify', { traits });
  }

  /** The customer chose. Categories that are not named stay as they were. */
  function setConsent(preferences) {
    if (!settings) return;
    change(lower({ ...(choice ? choice.preferences : {}), ...preferences }, true));
  }

  /** What was chosen: { asked, preferences, signal }. */
  function consent() {
    return {
      asked: choice !== null,
      preferences: choice ? { ...choice.preferences } : {},
      signal: signal(),
    };
  }

  /**
   * Events and placements in, decisions out, in one round trip. Without consent the request has no
   * identifier and the answer is what fits the page, not the person. Never rejects: a page that
   * gets no decision shows what it would show anyway.
   */
  async function experience(placements, options = {}) {
    const silent = () => ({
      decisions: placements.map(({ key }) =>
        ({ placement: key, outcome: 'silent', silence: 'degraded', items: [] })),
    });
    if (!settings) return silent();
    const personal = covered();
    if (personal) {
      binding = binding || bind();
      await binding;
    }
    const batch = personal ? nextBatch() : [];
    const seen = personal ? visit.get(SEEN) : null;
    const body = {
      writeKey: settings.key,
      sentAt: new Date().toISOString(),
      ...(personal ? { anonymousId, ...(userId ? { userId } : {}), ...token() } : {}),
      ...(seen ? { after: seen } : {}),
      context: { ...(personal ? context() : { locale: navigator.language, ...stamp() }),
        ...options.context },
      events: batch.map((item) => item.event),
      placements,
    };
    try {
      const answer = await post('/v1/experience', JSON.stringify(body), false,
        // The platform's session travels only once a yes covers it.
        personal ? 'include' : 'omit');
      if (!answer.ok) return silent();
      const decided = await answer.json();
      drop(batch);
      remember(decided);
      return decided;
    } catch {
      return silent();
    }
  }

  /** This browser's id, over which the shop's backend signs identity tokens; null before consent. */
  const id = () => (covered() ? anonymousId : null);

  /** Signed out: the next one at this browser is somebody else. The choice stays. */
  function reset() {
    if (!settings) return;
    forget();
    restore();
  }

  window.Stammgast = {
    init, track, page, identify, setConsent, consent, experience, reset, flush, anonymousId: id,
  };

  const script = document.currentScript;
  if (script && script.dataset.key) {
    const { key, host, notice } = script.dataset;
    init({ key, host: host || new URL(script.src).origin, notice: Number(notice) || 1 });
  }
})();
