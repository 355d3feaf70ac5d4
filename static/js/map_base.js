// What lies under everything: neighbours, the county, rivers and roads.
const AROUND = "#E9EEF2", LAND = "#F6F4EE", WATER = "#A9CFE8", ROAD = "#FFFFFF", CASING = "#D9D3C4";
const RANK = { neighbour: 0, county: 1, river: 2, road: 3 };

// ``data``: GeoJSON of /api/base.
export function drawBase(app, data) {
  const renderer = app.renderers.base, line = { renderer, lineCap: "round", lineJoin: "round" };
  const put = (feature, style) => L.geoJSON(feature, { style: () => style, pane: "base", interactive: false, renderer }).addTo(app.map);
  for (const feature of [...data.features].sort((a, b) => RANK[a.properties.kind] - RANK[b.properties.kind])) {
    const { kind, width } = feature.properties;
    if (kind === "neighbour") put(feature, { ...line, fill: true, fillColor: AROUND, fillOpacity: 1, color: "#CBD3DB", weight: 1 });
    if (kind === "county") put(feature, { ...line, fill: true, fillColor: LAND, fillOpacity: 1, color: "#94A0AD", weight: 2.2, dashArray: "9 3 2 3" });
    if (kind === "river") put(feature, { ...line, color: WATER, weight: width });
    if (kind === "road") { put(feature, { ...line, color: CASING, weight: width + 1.6 }); put(feature, { ...line, color: ROAD, weight: width }); }
  }
}
