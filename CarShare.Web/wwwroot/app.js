// What a page does beyond HTML: it follows changes, counts down, adds up, and says its time zone.
// Without it everything works.
(() => {
  'use strict';
  let source = null, timer = 0, pending = 0;

  const zone = () => {
    const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!name || document.cookie.split('; ').includes(`zone=${name}`)) return;
    document.cookie = `zone=${name}; path=/; max-age=31536000; samesite=lax`;
    // once: times that were written for another zone
    if (document.cookie.includes(`zone=${name}`) && document.querySelector('main time')) location.reload();
  };

  // asks for this page again and takes over the parts that follow what happens
  const refresh = async () => {
    if (document.hidden) return;
    let text;
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
      if (!answer.ok) return;
      text = await answer.text();
    } catch { return; }
    const next = new DOMParser().parseFromString(text, 'text/html');
    const said = document.querySelector('[data-say]')?.textContent;
    for (const part of ['live', 'acts']) {
      const [old, fresh] = [document.getElementById(part), next.getElementById(part)];
      if (!old || !fresh || old.innerHTML === fresh.innerHTML) continue;
      // whoever is filling something in is left alone, unless there is something else to do now
      if (part === 'acts' && forms(old) === forms(fresh)) continue;
      old.innerHTML = fresh.innerHTML;
    }
    const now = document.querySelector('[data-say]')?.textContent;
    if (now && now !== said) document.getElementById('spoken').textContent = now;
  };

  const forms = part => [...part.querySelectorAll('[name=_handler]')].map(field => field.value).join();

  const soon = () => { clearTimeout(pending); pending = setTimeout(refresh, 120); };

  const follow = () => {
    source?.close();
    clearInterval(timer);
    source = null;
    const live = document.getElementById('live');
    if (!live) return;
    if (live.dataset.every) timer = setInterval(refresh, Number(live.dataset.every) * 1000);
    if (!live.dataset.live) return;
    source = new EventSource(live.dataset.live);
    source.addEventListener('changed', event => {
      if (!live.dataset.order || event.data === live.dataset.order) soon();
    });
  };

  const count = () => {
    for (const span of document.querySelectorAll('[data-until]')) {
      const left = Math.max(0, Math.round((Date.parse(span.dataset.until) - Date.now()) / 1000));
      const [minutes, seconds] = [Math.floor(left / 60), String(left % 60).padStart(2, '0')];
      span.textContent = span.textContent.replace(/\d+(\D+)\d+/, (_, between) => minutes + between + seconds);
    }
  };

  const add = event => {
    const form = event.target.closest?.('form[data-rate]');
    const total = document.getElementById('total');
    if (!form || !total) return;
    const one = form.querySelector('[name="Form.Vehicle"]:checked')?.value;
    const number = name => Number(form.elements[name]?.value) || 0;
    const sum = Number(form.dataset.rate) * number('Form.Hours') * (one ? 1 : number('Form.Quantity'));
    total.textContent = total.textContent.replace(/[\d,]+/, sum.toLocaleString('en'));
  };

  const begin = () => {
    document.documentElement.classList.add('script');
    follow();
  };

  addEventListener('input', add);
  addEventListener('offline', () => { document.getElementById('offline').hidden = false; });
  addEventListener('online', () => { document.getElementById('offline').hidden = true; soon(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden && source) soon(); });
  setInterval(count, 1000);
  begin();
  zone();
  globalThis.Blazor?.addEventListener?.('enhancedload', begin);
})();
