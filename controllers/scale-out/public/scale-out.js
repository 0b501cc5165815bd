const { what, servers } = await (await fetch('/servers.json')).json();

document.getElementById('what').textContent = what;
document.getElementById('servers').replaceChildren(
  ...servers.map(({ name, port }) => {
    const half = document.createElement('iframe');
    half.title = `The server ${name}`;
    half.src = `${location.protocol}//${location.hostname}:${port}/board.html`;
    return half;
  }),
);
