// A map in <div class="map" data-map="id of the JSON" data-tiles="…/{z}/{x}/{y}.png" data-attribution="…">.
//
// JSON: [{lat, lon, label, text?, url?, colour?}]. Without a tile server the points stand on plain ground with a scale.
// <div data-map-pick="id_latitude,id_longitude"> lets one point be set by a click, which fills the two fields.
const COLOURS = { blue: "#2b5c8a", red: "#bb3128", amber: "#c98a1b", green: "#3f8a5b", grey: "#6d7884" };
const L = window.L;

function ground(holder) {
  const map = L.map(holder, { attributionControl: Boolean(holder.dataset.tiles), zoomControl: false, maxZoom: 18 });
  L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  if (holder.dataset.tiles) L.tileLayer(holder.dataset.tiles, { attribution: holder.dataset.attribution ?? "", maxZoom: 18 }).addTo(map);
  return map;
}

function mark(point) {
  const colour = COLOURS[point.colour] ?? COLOURS.blue;
  return L.circleMarker([point.lat, point.lon], { radius: 7, color: "#fff", weight: 2, fillColor: colour, fillOpacity: 1 });
}

// Built from elements, never from HTML text: labels are what people typed.
function words(point) {
  const box = document.createElement("div");
  box.className = "map-popup";
  const title = document.createElement("strong");
  title.textContent = point.label;
  box.append(title);
  if (point.text) {
    const text = document.createElement("div");
    text.textContent = point.text;
    box.append(text);
  }
  if (point.url) {
    const link = document.createElement("a");
    link.href = point.url;
    link.textContent = "查看";
    box.append(link);
  }
  return box;
}

function show(holder) {
  const points = JSON.parse(document.getElementById(holder.dataset.map).textContent);
  const map = ground(holder);
  const layer = L.featureGroup(points.map((point) => mark(point).bindTooltip(point.label).bindPopup(words(point)))).addTo(map);
  if (points.length) map.fitBounds(layer.getBounds().pad(0.15), { maxZoom: 15 });
  else map.setView([38.04, 114.51], 10);
}

function pick(holder) {
  const [latitude, longitude] = holder.dataset.mapPick.split(",").map((id) => document.getElementById(id));
  const map = ground(holder);
  let marker = null;
  const put = (at) => {
    marker?.remove();
    marker = mark({ lat: at.lat, lon: at.lng, colour: "red" }).addTo(map);
  };
  if (latitude.value && longitude.value) {
    const at = L.latLng(Number(latitude.value), Number(longitude.value));
    map.setView(at, 15);
    put(at);
  } else {
    map.setView((holder.dataset.centre ?? "38.04,114.51").split(",").map(Number), 12);
  }
  map.on("click", (event) => {
    put(event.latlng);
    latitude.value = event.latlng.lat.toFixed(6);
    longitude.value = event.latlng.lng.toFixed(6);
  });
}

if (L) {
  document.querySelectorAll("[data-map]").forEach(show);
  document.querySelectorAll("[data-map-pick]").forEach(pick);
}
