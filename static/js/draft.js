// Unfinished notes: <form data-draft="PATH"> saves its textarea a second after the last key, and when the page is left.
// The answer's words say when, or who took the ticket over meanwhile. What is typed stays in the field whatever happens.
(() => {
  'use strict';

  const timers = new WeakMap();

  const say = (form, words) => {
    const place = form.querySelector('[data-draft-state]');
    if (place) place.textContent = words;
  };

  const save = async (form, leaving) => {
    clearTimeout(timers.get(form));
    timers.delete(form);
    const field = form.querySelector('textarea');
    try {
      const answer = await fetch(form.dataset.draft, {
        method: 'POST', body: new URLSearchParams({ note: field.value }), credentials: 'same-origin',
        headers: { Accept: 'application/json' }, keepalive: leaving, redirect: 'error',
      });
      if (!answer.ok) throw new Error('not saved');
      say(form, (await answer.json()).words);
    } catch {
      say(form, 'Not saved: the server did not answer. Your text is still here.');
    }
  };

  document.addEventListener('input', (event) => {
    const form = event.target.closest('form[data-draft]');
    if (!form) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => save(form, false), 1000));
  });

  document.addEventListener('submit', (event) => {
    clearTimeout(timers.get(event.target));
    timers.delete(event.target);
  });

  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'hidden') return;
    for (const form of document.querySelectorAll('form[data-draft]')) if (timers.has(form)) save(form, true);
  });
})();
