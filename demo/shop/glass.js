// The glass box listens and shows. Its pieces are made and encoded on the server.
(() => {
  'use strict';

  const EVENTS = 30;
  const DECISIONS = 8;
  const LIT_MS = 900;
  const STEP_MS = 90;
  const $ = (selector) => document.querySelector(selector);
  const piece = (html) => document.createRange().createContextualFragment(html).firstElementChild;

  function light(stations, stop) {
    stations.forEach((key, step) => {
      const station = $(`[data-station="${key}"]`);
      setTimeout(() => {
        station.classList.add('lit');
        station.classList.toggle('stop', key === stop);
        clearTimeout(station.dark);
        station.dark = setTimeout(() => station.classList.remove('lit', 'stop'), LIT_MS);
      }, step * STEP_MS);
    });
  }

  function prepend(place, html, keep) {
    const idle = place.querySelector('.idle:only-child');
    if (idle) idle.remove();
    const one = piece(html);
    one.classList.add('new');
    place.prepend(one);
    while (place.children.length > keep) place.lastElementChild.remove();
    return one;
  }

  const stream = new EventSource('/glass/stream?lang=' + document.documentElement.lang);
  stream.addEventListener('collected', ({ data }) => {
    $('[data-idle]').hidden = true;
    const one = prepend($('[data-events]'), data, EVENTS);
    if (one.classList.contains('rejected')) light(['collect', 'consent'], 'consent');
    else light(['collect', 'consent', 'log']);
  });
  stream.addEventListener('folded', ({ data }) => {
    $('[data-profile]').innerHTML = data;
    light(['identity', 'profiles']);
  });
  stream.addEventListener('decided', ({ data }) => {
    prepend($('[data-decisions]'), data, DECISIONS);
    light(['intelligence', 'decisions']);
  });
  stream.addEventListener('past', ({ data }) => {
    $('[data-past]').hidden = false;
    $('[data-past]').innerHTML = data;
  });
})();
