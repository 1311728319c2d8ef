// Keys for lists: j and k move, Enter opens, / searches, g then q, a or t goes to a page, ? shows the keys. An element with
// data-key is reached by its key: a link is followed, a button pressed, anything else takes the focus.
// No key approves, issues or reveals. The switch in the key sheet and on one's own staff page turns single keys off (WCAG 2.1.4) and is
// remembered in this browser; the Keys button in the footer opens the sheet even then.
// Also shows whether live updates arrive.
(() => {
  'use strict';

  const store = 'countersign.keys';
  let on = true;
  try { on = localStorage.getItem(store) !== 'off'; } catch { /* no storage: keys stay on */ }

  const places = { q: '/queue', a: '/approvals', t: '/tickets/new' };
  let waiting = false;

  const rows = () => [...document.querySelectorAll('[data-row]')].filter((row) => row.querySelector('a[href]'));

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const here = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))];
    next.querySelector('a[href]').focus();
  };

  const element = (tag, text, ...children) => {
    const e = document.createElement(tag);
    if (text) e.textContent = text;
    e.append(...children);
    return e;
  };

  const keySwitch = (id) => {
    const box = element('input');
    box.type = 'checkbox';
    box.id = id;
    box.checked = on;
    box.addEventListener('change', () => {
      on = box.checked;
      try { localStorage.setItem(store, on ? 'on' : 'off'); } catch { /* lasts for this page */ }
    });
    const label = element('label', '', box, element('span', 'Single keys work'));
    label.htmlFor = id;
    const check = element('div', '', label);
    check.className = 'field check';
    return check;
  };

  const sheet = () => {
    let dialog = document.getElementById('keys');
    if (dialog) return dialog;
    dialog = element('dialog');
    dialog.id = 'keys';
    const title = element('h2', 'Keys');
    title.id = 'keys-title';
    dialog.setAttribute('aria-labelledby', title.id);
    const list = element('dl');
    list.className = 'facts';
    for (const [key, what] of [['j k', 'next, previous row'], ['Enter', 'open the row'], ['c', 'work on the ticket'], ['n', 'new note'],
      ['s', 'next step'], ['h', 'hold'], ['/', 'search'],
      ['g q', 'queue'], ['g a', 'approvals'], ['g t', 'new ticket'], ['?', 'this list']]) {
      list.append(element('div', '', element('dt', '', element('kbd', key)), element('dd', what)));
    }
    const close = element('button', 'Close');
    close.addEventListener('click', () => dialog.close());
    dialog.append(title, list, keySwitch('keys-on'), close);
    document.body.append(dialog);
    return dialog;
  };

  const typing = (target) => target.closest('input, textarea, select, [contenteditable], dialog, [popover]');

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (!on) return;
    if (event.key === '?') { event.preventDefault(); sheet().showModal(); return; }
    const second = waiting;
    waiting = false;
    if (second && places[event.key]) { location.assign(places[event.key]); return; }
    if (event.key === 'g') { waiting = true; return; }
    if (event.key === 'j') move(1);
    else if (event.key === 'k') move(-1);
    else if ('/cnsh'.includes(event.key)) {
      const target = document.querySelector('[data-key="' + event.key + '"]');
      const row = rows().find((r) => r.contains(document.activeElement));
      if (!target && !(row && event.key === 'c')) return;
      event.preventDefault();
      if (!target) location.assign(row.querySelector('a[href]').href + '/lease');
      else if (target.matches('a')) location.assign(target.href);
      else if (target.matches('button')) target.click();
      else target.focus();
    }
  });

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-keys]')) sheet().showModal();
  });

  for (const place of document.querySelectorAll('[data-keys-switch]')) place.append(keySwitch('keys-on-here'));

  // A list that somebody moves through is not changed under the cursor: a button says that there is more.
  const news = document.getElementById('news');
  let changes = 0;
  const refresh = () => { changes = 0; news.hidden = true; document.getElementById('rows').dispatchEvent(new Event('refresh')); };
  if (news) {
    document.getElementById('live')?.addEventListener('queue', () => {
      if (!document.getElementById('rows').contains(document.activeElement)) { refresh(); return; }
      changes += 1;
      news.firstElementChild.textContent = changes === 1 ? '1 change. Show it' : changes + ' changes. Show them';
      news.hidden = false;
    });
    news.addEventListener('click', refresh);
  }

  const live = document.querySelector('[data-live]');
  const state = (text) => { if (live && live.textContent !== text) live.textContent = text; };
  const clock = () => new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  for (const button of document.querySelectorAll('[data-keys]')) button.hidden = false;
  document.addEventListener('htmx:sse:after:connection', () => state('Live'));
  document.addEventListener('htmx:sse:after:message', () => state('Live'));
  document.addEventListener('htmx:sse:error', () => state('Reconnecting. Last data ' + clock()));
  document.addEventListener('htmx:sse:close', () => state('Paused. Last data ' + clock()));
})();
