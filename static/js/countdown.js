// Deadlines: <time data-countdown datetime="ISO" data-server-now="ISO">. The text changes each minute, each second only in
// the last minute. The server's clock counts: the page only adds the time that has passed since it arrived.
// A deadline with data-announce is also spoken at 5 minutes, 1 minute and at the end. One timer serves all of them.
(() => {
  'use strict';

  const arrived = Date.now();
  let first = true;
  const offsets = new WeakMap();
  const spoken = new WeakMap();

  const plural = (n, unit) => n + ' ' + unit + (n === 1 ? '' : 's');

  const words = (left) => {
    if (left <= 0) return 'over';
    const s = Math.floor(left / 1000);
    if (s < 60) return plural(s, 'second');
    if (s < 7200) return plural(Math.floor(s / 60), 'minute');
    if (s < 172800) return plural(Math.floor(s / 3600), 'hour');
    return plural(Math.floor(s / 86400), 'day');
  };

  // Elements that arrive later by a live update carry their own server time, so each remembers when it was first seen.
  const left = (element, end) => {
    const stamp = element.dataset.serverNow;
    let seen = offsets.get(element);
    if (!seen || seen.stamp !== stamp) {
      seen = { stamp, at: first ? arrived : Date.now() };
      offsets.set(element, seen);
    }
    return Date.parse(end) - Date.parse(stamp) - (Date.now() - seen.at);
  };

  const announce = (text) => {
    const place = document.getElementById('announce');
    if (place) place.textContent = text;
  };

  // Each mark is spoken once, and only when it is crossed on this page, not when the page opens past it.
  const speak = (element, rest) => {
    const last = spoken.get(element);
    spoken.set(element, rest);
    if (last === undefined || !('announce' in element.dataset)) return;
    for (const [mark, text] of [[300000, '5 minutes left.'], [60000, '1 minute left.'], [0, 'Time is over.']]) {
      if (last > mark && rest <= mark) announce((element.dataset.announce + ' ' + text).trim());
    }
  };

  const session = () => {
    const banner = document.querySelector('[data-session-ends]');
    if (!banner) return Infinity;
    const rest = left(banner, banner.dataset.sessionEnds);
    if (banner.hidden && rest <= 120000) {
      banner.hidden = false;
      const text = banner.querySelector('[data-session-text]');
      text.textContent = text.dataset.sessionText + ' ' + new Date(banner.dataset.sessionEnds).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }) + '. Stay signed in, or save what you typed.';
    }
    return rest - 120000;
  };

  // "Stay signed in" without leaving the page, so that nothing typed is lost. The answer is {"ends": ISO, "now": ISO};
  // anything else, and the form is sent as it would be without scripts.
  document.addEventListener('submit', async (event) => {
    const form = event.target;
    const banner = form.closest('[data-session-ends]');
    if (!banner) return;
    event.preventDefault();
    try {
      const answer = await fetch(form.action, {
        method: 'POST', body: new URLSearchParams(new FormData(form)), credentials: 'same-origin', headers: { Accept: 'application/json' },
      });
      const { ends, now } = await answer.json();
      if (!answer.ok || !(Date.parse(ends) > Date.parse(now))) throw new Error('not renewed');
      banner.dataset.sessionEnds = ends;
      banner.dataset.serverNow = now;
      banner.hidden = true;
      announce('You stay signed in.');
    } catch {
      HTMLFormElement.prototype.submit.call(form);
    }
  });

  const tick = () => {
    let soonest = session();
    for (const element of document.querySelectorAll('time[data-countdown]')) {
      const rest = left(element, element.getAttribute('datetime'));
      const text = words(rest);
      if (element.textContent !== text) element.textContent = text;
      speak(element, rest);
      if (rest > 0) soonest = Math.min(soonest, rest <= 61000 ? 1000 : rest % 60000 + 50);
    }
    first = false;
    setTimeout(tick, Math.max(250, Math.min(soonest, 30000)));
  };

  tick();
})();
