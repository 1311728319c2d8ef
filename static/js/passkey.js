// Security keys and passkeys. A form says what it wants by attributes:
//   <form data-passkey="get|create" data-begin="URL" data-no-key="words" method="post" action="URL">
//     <input type="hidden" name="challenge"> <input type="hidden" name="response">
//     <p data-passkey-error role="alert" hidden></p>
// On submit: POST the fields to data-begin, hand the options to the browser, fill the two hidden fields, submit for real.
// The server answers data-begin with {"id", "options", "statement"?} or {"location"} or a problem {"title", "detail"}.
// With a [data-review] part in the form the statement is shown there first, and its own button (data-sign) asks the key.
(() => {
  'use strict';

  class Problem extends Error {}

  const say = (form, text) => {
    const place = form.querySelector('[data-passkey-error]');
    place.textContent = text;
    place.hidden = !text;
  };

  const busy = (form, on) => {
    form.toggleAttribute('aria-busy', on);
    for (const b of form.querySelectorAll('button')) b.disabled = on;
  };

  // begin asks the server for options; what it refuses is thrown in its own words.
  const begin = async (form, fields) => {
    const answer = await fetch(form.dataset.begin, {
      method: 'POST', body: fields, credentials: 'same-origin', headers: { Accept: 'application/json' },
    });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return body;
    throw new Problem([body.title, body.detail].filter(Boolean).join(' ') ||
      'The server did not answer as expected. Nothing was changed. Try again.');
  };

  const ask = (mode, options) => {
    const publicKey = options.publicKey || options;
    return mode === 'create'
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  };

  // The browser tells only that no key answered, not why; InvalidStateError means the key is already registered here.
  const words = (form, error) => {
    if (error instanceof Problem) return error.message;
    if (error.name === 'NotAllowedError' || error.name === 'AbortError') return form.dataset.noKey;
    if (error.name === 'InvalidStateError') return 'This key is already registered. Use another one.';
    if (error.name === 'TypeError' || error.name === 'NetworkError') return 'Not sent: the server did not answer. Your text is still here.';
    return form.dataset.noKey + ' (' + error.name + ')';
  };

  // held keeps what was shown for signing until its button is pressed; a change of the form's fields lets it go.
  const held = new WeakMap();

  const letGo = (form) => {
    held.delete(form);
    const review = form.querySelector('[data-review]');
    if (review) review.hidden = true;
  };

  // review shows the frozen statement, the very text that will be signed, and waits for a second press.
  const review = (form, got, button) => {
    const place = form.querySelector('[data-review]');
    if (!place || !got.statement) return false;
    place.querySelector('[data-statement]').textContent = got.statement;
    place.hidden = false;
    held.set(form, { got, button });
    place.querySelector('[data-statement]').focus();
    return true;
  };

  // signal lets the holder's devices forget passkeys that the server no longer accepts. It may fail without harm.
  const signal = async (form) => {
    if (!form.dataset.signal || !PublicKeyCredential.signalAllAcceptedCredentials) return;
    try { await PublicKeyCredential.signalAllAcceptedCredentials(JSON.parse(form.dataset.signal)); } catch { /* only a hint */ }
  };

  const fieldsOf = (form, button) => {
    const fields = new URLSearchParams(new FormData(form));
    if (button && button.name) fields.set(button.name, button.value);
    fields.delete('response');
    fields.delete('challenge');
    return fields;
  };

  // file submits the answered form natively; the pressed button travels as a hidden field, as script submits carry none.
  const file = (form, id, credential, button) => {
    form.elements.challenge.value = id;
    form.elements.response.value = JSON.stringify(credential.toJSON());
    if (button && button.name) {
      const chosen = document.createElement('input');
      chosen.type = 'hidden';
      chosen.name = button.name;
      chosen.value = button.value;
      chosen.dataset.chosen = '';
      form.append(chosen);
    }
    HTMLFormElement.prototype.submit.call(form);
  };

  const run = async (form, pressed) => {
    let { got, button } = held.get(form) || {};
    if (!got || !pressed || !('sign' in pressed.dataset)) {
      button = pressed;
      got = await begin(form, fieldsOf(form, button));
      if (got.location) { location.assign(got.location); return; }
      if (review(form, got, button)) { busy(form, false); return; }
    }
    const credential = await ask(form.dataset.passkey, got.options);
    await signal(form);
    file(form, got.id, credential, button);
  };

  // A button may opt out with data-no-passkey: it submits the same form plainly ("Ask a question").
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.dataset.passkey || (event.submitter && 'noPasskey' in event.submitter.dataset)) return;
    event.preventDefault();
    if (form.hasAttribute('aria-busy')) return;
    say(form, '');
    if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) {
      say(form, 'This browser cannot use security keys on this page. Update it, or use another browser.');
      return;
    }
    busy(form, true);
    run(form, event.submitter).catch((error) => {
      busy(form, false);
      letGo(form);
      say(form, words(form, error));
    });
  });

  document.addEventListener('input', (event) => {
    if (event.target.form && event.target.form.dataset.passkey) letGo(event.target.form);
  });

  // Coming back by the Back button finds the form as it was before.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-passkey]')) {
      busy(form, false);
      for (const chosen of form.querySelectorAll('[data-chosen]')) chosen.remove();
    }
  });
})();
