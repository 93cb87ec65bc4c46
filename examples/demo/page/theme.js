// Sets data-theme before the first paint: ?theme=light or dark, else what the desktop says.

(() => {
  const wanted = new URLSearchParams(location.search).get('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const auto = dark.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme =
      wanted === 'light' || wanted === 'dark' ? wanted : auto;
    dispatchEvent(new Event('themechange'));
  };
  dark.addEventListener('change', apply);
  apply();
})();
