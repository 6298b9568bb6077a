// The questions the page asks its server.

async function answer(response) {
  if (response.ok) return response.json();
  let said = `${response.status} ${response.statusText}`;
  try {
    said = (await response.json()).error || said;
  } catch { /* the status has to do */ }
  throw new Error(said);
}

export const board = async (uid) => answer(await fetch(`/api/dashboards/${encodeURIComponent(uid)}`));

export async function query(request, signal) {
  return answer(await fetch('/api/query', {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(request),
    signal,
  }));
}
