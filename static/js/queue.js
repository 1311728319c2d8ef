// Keys for lists: j and k move, Enter opens, / searches, g then q, a or t goes to a page, ? shows the keys.
// No key approves, issues or reveals. The switch in the key sheet turns single keys off (WCAG 2.1.4) and is
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
    for (const [key, what] of [['j k', 'next, previous row'], ['Enter', 'open the row'], ['/', 'search'],
      ['g q', 'queue'], ['g a', 'approvals'], ['g t', 'new ticket'], ['?', 'this list']]) {
      list.append(element('div', '', element('dt', '', element('kbd', key)), element('dd', what)));
    }
    const box = element('input');
    box.type = 'checkbox';
    box.id = 'keys-on';
    box.checked = on;
    box.addEventListener('change', () => {
      on = box.checked;
      try { localStorage.setItem(store, on ? 'on' : 'off'); } catch { /* lasts for this page */ }
    });
    const label = element('label', '', box, element('span', 'Single keys work'));
    label.htmlFor = box.id;
    const check = element('div', '', label);
    check.className = 'field check';
    const close = element('button', 'Close');
    close.addEventListener('click', () => dialog.close());
    dialog.append(title, list, check, close);
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
    else if (event.key === '/') {
      const search = document.querySelector('[data-key="/"]');
      if (!search) return;
      event.preventDefault();
      search.focus();
    }
  });

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-keys]')) sheet().showModal();
  });

  const live = document.querySelector('[data-live]');
  const state = (text) => { if (live && live.textContent !== text) live.textContent = text; };
  const clock = () => new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  for (const button of document.querySelectorAll('[data-keys]')) button.hidden = false;
  document.addEventListener('htmx:sse:after:connection', () => state('Live'));
  document.addEventListener('htmx:sse:after:message', () => state('Live'));
  document.addEventListener('htmx:sse:error', () => state('Reconnecting. Last data ' + clock()));
  document.addEventListener('htmx:sse:close', () => state('Paused. Last data ' + clock()));
})();
