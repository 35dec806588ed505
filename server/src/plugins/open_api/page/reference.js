"use strict";

const api = JSON.parse(document.getElementById("document").textContent);
const METHODS = ["get", "post", "put", "patch", "delete"];

/** An element with attributes and children; text is never read as HTML. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick" || key === "oninput") made[key] = value;
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return made;
}

/** A description, in which code stands between backticks. */
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

/** What a reference inside the document stands for. */
function resolve(schema) {
  if (!schema || !schema.$ref) return schema ?? {};
  const found = schema.$ref.slice(2).split("/").reduce((value, key) => value?.[key], api);
  return { ...found, title: schema.$ref.split("/").pop() };
}

/** The type of a schema in a few words. */
function typeOf(given) {
  if (given === true) return "any";
  const schema = resolve(given);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? true)}`;
  const type = [schema.type ?? "any"].flat().join(" or ");
  return schema.title ?? (schema.format ? `${type} (${schema.format})` : type);
}

/** The schema whose fields are to be shown: that of an item, or of what is not null. */
function inner(given) {
  const schema = resolve(given);
  if (schema.type === "array") return inner(schema.items);
  const alternatives = (schema.anyOf ?? schema.oneOf ?? []).filter((one) => one.type !== "null");
  return alternatives.length === 1 ? inner(alternatives[0]) : schema;
}

function rows(given, depth = 0) {
  const schema = inner(given);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const required = (schema.required ?? []).includes(name);
    const row = element(
      "tr",
      {},
      element("td", depth ? { class: "nested" } : {},
        element("span", { class: "name" }, name), " ",
        required ? element("span", { class: "required" }, "required") : undefined),
      element("td", {},
        element("span", { class: "type" }, typeOf(field)), " ", prose(resolve(field).description ?? "")),
    );
    return [row, ...(depth < 3 ? rows(field, depth + 1) : [])];
  });
}

function fields(schema) {
  const made = rows(schema);
  if (made.length) return element("table", {}, element("tbody", {}, made));
  return element("p", { class: "quiet" }, typeOf(schema));
}

function parametersOf(operation) {
  const parameters = operation.parameters ?? [];
  if (!parameters.length) return [];
  const lines = parameters.map((parameter) =>
    element("tr", {},
      element("td", {},
        element("span", { class: "name" }, parameter.name), " ",
        parameter.required ? element("span", { class: "required" }, "required") : undefined),
      element("td", { class: "type" }, `${typeOf(parameter.schema)}, in the ${parameter.in}`)));
  return [element("h3", {}, "Parameters"), element("table", {}, element("tbody", {}, lines))];
}

function bodyOf(operation) {
  const content = operation.requestBody?.content ?? {};
  const types = Object.keys(content);
  if (!types.length) return [];
  return [
    element("h3", {}, "Body"),
    element("p", { class: "quiet" }, types.join(", "), operation.requestBody.required ? "" : " (may be left out)"),
    fields(content[types[types.length - 1]].schema),
  ];
}

function answersOf(operation) {
  const made = Object.entries(operation.responses).map(([status, answer]) => {
    const schema = answer.content?.["application/json"]?.schema;
    const codes = schema?.properties?.code?.enum;
    const kind = status < "400" ? "good" : "bad";
    let details;
    if (codes) details = element("div", { class: "codes" }, codes.map((code) => element("code", {}, code)));
    else if (schema && kind === "good") details = fields(schema);
    return element("tr", {},
      element("td", {}, element("span", { class: `status ${kind}` }, status), " ", answer.description),
      element("td", {}, details));
  });
  return [element("h3", {}, "Answers"), element("table", {}, element("tbody", {}, made))];
}

/** An example of what a schema describes. */
function example(given) {
  const schema = inner(given);
  if (!schema.properties) return { string: "text", boolean: true, number: 0 }[[schema.type].flat()[0]] ?? {};
  const required = Object.entries(schema.properties).filter(([name]) => (schema.required ?? []).includes(name));
  return Object.fromEntries(required.map(([name, field]) =>
    [name, resolve(field).format === "email" ? "ann@shop.example" : example(field)]));
}

/** Calls of the API from this page carry the session of this browser. */
function tryOut(path, method, operation) {
  const inputs = (operation.parameters ?? []).map((parameter) => [parameter, element("input", { type: "text" })]);
  const json = operation.requestBody?.content?.["application/json"];
  const body = json && element("textarea", { spellcheck: "false", "aria-label": "Body" });
  if (body) body.value = JSON.stringify(example(json.schema), null, 2);
  const output = element("pre", { hidden: "" });
  async function send() {
    let target = path;
    const query = new URLSearchParams();
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(parameter.name, input.value);
    }
    const base = location.pathname.replace(/\/reference\/?$/, "");
    output.hidden = false;
    try {
      const answer = await fetch(base + target + (query.size ? `?${query}` : ""), {
        method: method.toUpperCase(),
        redirect: "manual",
        headers: body ? { "content-type": "application/json" } : {},
        body: body?.value,
      });
      const text = await answer.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* Not JSON: shown as it is. */ }
      output.textContent = answer.type === "opaqueredirect" ? "A redirect." : `${answer.status}\n${shown}`;
    } catch (error) {
      output.textContent = String(error);
    }
  }
  return [
    element("h3", {}, "Try it"),
    inputs.map(([parameter, input]) => element("label", {}, parameter.name, input)),
    body,
    element("button", { type: "button", onclick: send }, "Send"),
    output,
  ];
}

function operationOf(path, method, operation) {
  const details = element("details", { class: "operation", id: operation.operationId },
    element("summary", {},
      element("span", { class: `method ${method}` }, method),
      element("span", { class: "path" }, path),
      element("span", { class: "what" }, operation.summary ?? "")));
  // Filled when it is opened: a hundred forms are not made for one that is read.
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector(".body")) return;
    const security = operation.security ?? [];
    const needs = security.length && !security.some((one) => !Object.keys(one).length);
    details.append(element("div", { class: "body" },
      needs ? element("p", { class: "quiet" }, "Needs a session.") : undefined,
      parametersOf(operation), bodyOf(operation), answersOf(operation), tryOut(path, method, operation)));
  });
  return details;
}

function build() {
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((method) => methods[method])) {
      const operation = methods[method];
      const tag = operation.tags?.[0] ?? "";
      groups.set(tag, [...(groups.get(tag) ?? []), { path, method, operation }]);
    }
  }
  const main = element("main");
  const sections = [];
  const entries = [];
  for (const [tag, operations] of groups) {
    main.append(element("h2", {}, tag === "Default" ? "Core" : tag));
    const items = operations.map(({ path, method, operation }) => {
      const shown = operationOf(path, method, operation);
      main.append(shown);
      const item = element("li", {}, element("a", { href: `#${operation.operationId}` },
        element("span", { class: `method ${method}` }, method), element("span", {}, path)));
      entries.push({ item, shown, text: `${method} ${path} ${operation.summary ?? ""}`.toLowerCase() });
      return item;
    });
    sections.push(element("section", {}, element("h2", {}, tag === "Default" ? "Core" : tag), element("ul", {}, items)));
  }
  function filter(event) {
    const wanted = event.target.value.toLowerCase();
    for (const { item, shown, text } of entries) item.hidden = shown.hidden = !text.includes(wanted);
  }
  const nav = element("nav", { "aria-label": "Endpoints" },
    element("h1", {}, api.info?.title ?? "API"),
    element("p", {}, `${api.servers?.[0]?.url ?? ""}, release ${api.info?.version ?? ""}`),
    element("input", { type: "search", placeholder: "Find an endpoint", "aria-label": "Find an endpoint", oninput: filter }),
    sections);
  document.body.append(element("div", { class: "layout" }, nav, main));
}

/** Opens what the address names. */
function follow() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named || named.tagName !== "DETAILS") return;
  named.open = true;
  named.scrollIntoView();
}

build();
window.addEventListener("hashchange", follow);
follow();
