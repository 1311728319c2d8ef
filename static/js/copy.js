// The sheet of backup codes: copy, download, print. Each press is told to data-audit; it is the browser's claim, no more.
(() => {
  'use strict';

  const text = (sheet) => {
    const lines = ['Backup codes'];
    const meta = sheet.querySelector('.meta');
    const note = sheet.querySelector('[data-code-note]');
    for (const part of [meta, note]) if (part) lines.push(part.textContent.replace(/\s+/g, ' ').trim());
    lines.push('');
    for (const code of sheet.querySelectorAll('.code-grid code')) lines.push(code.textContent);
    return lines.join('\r\n') + '\r\n';
  };

  const tell = (sheet, act) => {
    if (!sheet.dataset.audit) return;
    fetch(sheet.dataset.audit, {
      method: 'POST', keepalive: true, credentials: 'same-origin', body: new URLSearchParams({ act }),
    }).catch(() => {});
  };

  const acts = {
    all: async (sheet) => {
      await navigator.clipboard.writeText(text(sheet));
      return 'Copied. Paste the codes into a password manager, then clear the clipboard.';
    },
    download: async (sheet) => {
      const url = URL.createObjectURL(new Blob([text(sheet)], { type: 'text/plain' }));
      const link = document.createElement('a');
      link.href = url;
      link.download = sheet.dataset.file || 'backup-codes.txt';
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
      return 'Saved as ' + link.download + '. Move it off shared drives.';
    },
    print: async () => {
      window.print();
      return 'Sent to the print dialog.';
    },
  };

  for (const row of document.querySelectorAll('[data-codes] [data-needs-script]')) row.hidden = false;

  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-codes] [data-copy]');
    if (!button) return;
    const sheet = button.closest('[data-codes]');
    const status = sheet.querySelector('[data-copy-status]');
    tell(sheet, button.dataset.copy === 'all' ? 'copy' : button.dataset.copy);
    try {
      status.textContent = await acts[button.dataset.copy](sheet);
    } catch {
      status.textContent = 'The browser did not allow that. Print the page, or write the codes down.';
    }
  });
})();
