// What the shop does with script: it tells the platform what was seen (once consent covers it),
// asks for decisions that suit the visitor, and puts them where the contextual ones stood.
(() => {
  'use strict';

  window.stammgastConsent = {
    lang: document.documentElement.lang,
    categories: ['functional', 'personalization', 'fit', 'analytics', 'advertising', 'marketing',
      'advice'],
  };
  const sdk = window.Stammgast;
  if (!sdk) return;

  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const allowed = () => Object.entries(sdk.consent().preferences)
    .filter(([, yes]) => yes).map(([category]) => category);
  const locale = document.documentElement.lang === 'en' ? 'en-GB' : 'de-DE';

  // ---- What was seen ---------------------------------------------------------------------------

  function tell() {
    sdk.page();
    const viewed = $('[data-viewed]');
    if (viewed) sdk.track('Product Viewed', { product_id: viewed.dataset.viewed });
    const order = $('[data-order]');
    // Once for each order, however often its page is loaded again.
    if (order && order.dataset.lines && !(history.state && history.state.told)) {
      sdk.track('Order Completed', {
        order_id: order.dataset.order,
        products: order.dataset.lines.split(' ').map((line) => {
          const [id, rest] = line.split('*');
          return { product_id: id, quantity: parseInt(rest, 10), gift: rest.endsWith('g') };
        }),
      });
      history.replaceState({ told: true }, '');
    }
  }

  async function vouch() {
    if (!('signedIn' in document.body.dataset) || !sdk.anonymousId()) return;
    const answer = await fetch('/account/token', {
      method: 'POST', body: new URLSearchParams({ anonymousId: sdk.anonymousId() }),
    });
    if (answer.status !== 200) return;
    const { userId, identityToken } = await answer.json();
    sdk.identify(userId, {}, { identityToken });
  }

  // ---- What is shown ---------------------------------------------------------------------------

  function placementOf(slot) {
    const { slot: key, type, limit, product } = slot.dataset;
    if (type === 'items') {
      return { key, type, limit: Number(limit), ...(product ? { productId: product } : {}) };
    }
    if (type === 'rank') {
      return { key, type, productIds: all('[data-id]', slot).map((card) => card.dataset.id) };
    }
    return { key, type };
  }

  async function decide() {
    const slots = all('[data-slot]');
    if (!slots.length || !allowed().length) return;
    const { decisions } = await sdk.experience(slots.map(placementOf), { context: { locale } });
    for (const slot of slots) {
      const decision = decisions.find((one) => one.placement === slot.dataset.slot);
      if (decision) await fill(slot, decision);
    }
  }

  async function fill(slot, decision) {
    // A platform that is busy says nothing against what already stands here.
    if (decision.silence === 'degraded') return;
    const place = $('[data-fill]', slot);
    const ids = (decision.items || []).map((item) => item.productId);
    if (slot.dataset.type === 'rank') reorder(place, ids);
    if (slot.dataset.type === 'items') {
      slot.hidden = !ids.length;
      if (ids.length) place.innerHTML = await part('/shop/cards?ids=' + ids.map(encodeURIComponent));
    }
    if (slot.dataset.type === 'banner' && decision.motifId) {
      place.innerHTML = await part('/shop/motif?id=' + encodeURIComponent(decision.motifId));
    }
    if (decision.reason) explain(slot, decision);
  }

  // The shop's own markup, encoded on its server.
  const part = async (path) => (await fetch(path)).text();

  function reorder(place, ids) {
    const cards = new Map(all('[data-id]', place).map((card) => [card.dataset.id, card]));
    for (const id of ids) if (cards.has(id)) place.append(cards.get(id));
  }

  function explain(slot, decision) {
    const why = $('[data-why]', slot);
    if (!why) return;
    $('[data-sentence]', why).textContent = decision.reason.text;
    const switches = $('[data-switches]', why);
    switches.hidden = !decision.reason.switch;
    $('[data-thanks]', why).hidden = true;
    for (const button of all('button', switches)) {
      button.onclick = async () => {
        sdk.track('Feedback Given', { decision_id: decision.decisionId, value: button.dataset.value });
        switches.hidden = true;
        $('[data-thanks]', why).hidden = false;
        if (button.dataset.value === 'never') $('[data-fill]', slot).hidden = true;
        sdk.flush();
      };
    }
  }

  // ---- What the visitor does -------------------------------------------------------------------

  for (const form of all('[data-add]')) {
    form.addEventListener('submit', () => {
      const chosen = new FormData(form);
      sdk.track('Product Added', {
        product_id: form.dataset.add, variant: chosen.get('variant'), quantity: 1,
        ...(chosen.get('gift') ? { gift: true } : {}),
      });
    });
  }
  for (const form of all('[data-checkout]')) {
    form.addEventListener('submit', () => {
      sdk.track('Checkout Started', {});
      form.elements.anonymousId.value = sdk.anonymousId() || '';
      form.elements.given.value = sdk.consent().asked ? allowed().join('.') || 'none' : '';
    });
  }
  for (const form of all('[data-out]')) form.addEventListener('submit', () => sdk.reset());
  for (const button of all('[data-consent]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.StammgastConsent.open());
  }

  let personal = false;

  async function start() {
    personal = allowed().length > 0;
    if (!personal) return;
    tell();
    await vouch();
    await decide();
    // For whoever wants to know that what stands here now is final.
    document.documentElement.dataset.decided = '';
  }

  // A yes works at once; a no takes the page back to what everybody sees.
  window.addEventListener('stammgast:consent', () => {
    if (allowed().length) start();
    else if (personal) location.reload();
  });
  start();
})();
