// Draws the API's document as a page: one article per operation, with its fields, answers, examples and a curl line.
'use strict'

const METHODS = ['get', 'put', 'post', 'patch', 'delete']
let api

/** An element with attributes and children; a text is only ever a text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children.flat().filter((child) => child !== undefined && child !== ''))
  return element
}

/** What a reference names, or the thing itself. */
function resolved(thing) {
  if (!thing?.$ref) return thing
  return thing.$ref.slice(2).split('/').reduce((found, part) => found[part], api)
}

/** Words between backticks as code, paragraphs between empty lines. */
function prose(text = '') {
  return text.split('\n\n').filter(Boolean).map((paragraph) =>
    make('p', {}, paragraph.split('`').map((part, n) => (n % 2 ? make('code', {}, part) : part))))
}

function inline(text = '') {
  return text.split('`').map((part, n) => (n % 2 ? make('code', {}, part) : part))
}

/** A schema in a few words. */
function kind(schema) {
  if (!schema) return ''
  if (schema.$ref) return schema.$ref.split('/').pop()
  const options = schema.oneOf ?? schema.anyOf
  if (options) return options.map(kind).join(' or ')
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(', ')
  const types = [schema.type ?? 'any JSON'].flat()
    .map((type) => (type === 'array' && schema.items ? `array of ${kind(schema.items)}` : type)).join(' or ')
  const range = schema.minimum === undefined && schema.maximum === undefined ? ''
    : ` from ${schema.minimum ?? '…'} to ${schema.maximum ?? '…'}`
  const usual = schema.default === undefined ? '' : `, default ${JSON.stringify(schema.default)}`
  return types + range + usual
}

/** The fields of an object, each with what it is; objects within are opened by a click. */
function fields(schema, required, seen = []) {
  const object = resolved(schema)
  if (forms(object)) return forms(object).map((form) => variant(form, required, seen))
  const all = Object.entries(object?.properties ?? {})
  if (all.length === 0) return prose(object?.description ?? '')
  return make('dl', {}, all.flatMap(([name, value]) => {
    const must = object.required?.includes(name) ? `, ${required}` : ''
    return [
      make('dt', {}, name, ' ', make('span', { class: 'kind' }, kind(value) + must)),
      make('dd', {}, ...inline(value.description ?? resolved(value)?.description), within(value, required, seen)),
    ]
  }))
}

/** The forms that an object may have, when it has several. */
function forms(schema) {
  return schema?.oneOf?.every((one) => one.properties) ? schema.oneOf : undefined
}

/** One form of an object, named by the word that tells it from the others. */
function variant(form, required, seen) {
  const [name, value] = Object.entries(form.properties).find(([, one]) => one.enum?.length === 1) ?? []
  const word = name ? [make('code', {}, `${name}: ${JSON.stringify(value.enum[0])}`), ' '] : []
  return make('details', {}, make('summary', {}, word, ...inline(form.description)), fields(form, required, seen))
}

function within(schema, required, seen) {
  const inner = [schema, schema.items, ...(schema.oneOf ?? schema.anyOf ?? [])].find((one) => one?.$ref)
  const object = resolved(inner)
  if (!object || seen.includes(inner.$ref)) return ''
  if (object.enum) return make('p', { class: 'words' }, ...inline(object.enum.map((word) => `\`${word}\``).join(', ')))
  if (!object.properties && !forms(object)) return ''
  return make('details', {}, make('summary', {}, kind(inner)), fields(inner, required, [...seen, inner.$ref]))
}

function example(value) {
  return make('pre', {}, typeof value === 'string' ? value : JSON.stringify(value, null, 2))
}

/** The examples of a body: one, or one for each case. */
function examples(media) {
  if (media.examples) {
    return Object.entries(media.examples).map(([name, one]) =>
      make('details', {}, make('summary', {}, make('code', {}, name)), example(resolved(one).value)))
  }
  return media.example === undefined ? '' : example(media.example)
}

/** The request as a line for a shell. */
function curl(method, path, operation) {
  const all = (operation.parameters ?? []).map(resolved)
  const address = path.replace(/\{(\w+)\}/g, (_, name) => all.find((one) => one.name === name)?.example ?? name)
  const words = ['curl']
  if (method !== 'get') words.push('-X', method.toUpperCase())
  if (!open(operation)) words.push('-H "Authorization: Bearer $API_KEY"')
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  const lines = [words.join(' '), location.origin + address]
  if (type) {
    const body = typeof media.example === 'string' ? media.example : JSON.stringify(media.example)
    lines.push(`-H 'Content-Type: ${type}'`, `--data-binary ${quoted(body)}`)
  }
  return lines.join(' \\\n  ')
}

/** As a word for a shell, whatever is in it. */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function open(operation) {
  return operation.security?.some((way) => Object.keys(way).length === 0) ?? false
}

/** What a key must be for it. */
function scope(operation) {
  if (open(operation)) return 'No key required.'
  const { key: [needed] } = operation.security.find((way) => way.key)
  const people = operation.security.flatMap((way) => way.token ?? [])
  const words = [`Requires a key with the scope \`${needed}\``]
  if (people.includes(needed)) words.push('or an admin’s token with this scope')
  if (people.includes('employee')) words.push('or the employee’s own token')
  return `${words.join(', ')}.`
}

function parameters(operation) {
  const all = (operation.parameters ?? []).map(resolved)
  return ['path', 'query', 'header'].map((place) => {
    const here = all.filter((one) => one.in === place)
    if (here.length === 0) return ''
    return [make('h4', {}, `Parameters in the ${place}`), make('dl', {}, here.flatMap((one) => [
      make('dt', {}, one.name, ' ', make('span', { class: 'kind' }, kind(one.schema))),
      make('dd', {}, ...inline(one.description), within(one.schema, '', [])),
    ]))]
  }).flat()
}

function request(operation) {
  const content = Object.entries(resolved(operation.requestBody)?.content ?? {})
  if (content.length === 0) return []
  const same = content.every(([, media]) => JSON.stringify(media) === JSON.stringify(content[0][1]))
  const shown = same ? [[content.map(([type]) => type).join(' or '), content[0][1]]] : content
  return [make('h4', {}, 'Body'), ...inline(operation.requestBody.description), ...shown.map(([type, media]) =>
    make('div', {}, make('p', {}, make('code', {}, type)), fields(media.schema, 'required'), examples(media)))]
}

function answers(operation) {
  return Object.entries(operation.responses).map(([status, named]) => {
    const answer = resolved(named)
    const title = make('summary', {}, make('strong', { class: status < '400' ? 'good' : 'bad' }, status), ' ', ...inline(answer.description))
    const headers = Object.entries(answer.headers ?? {}).map(([name, header]) =>
      make('p', {}, make('code', {}, name), ': ', ...inline(header.description)))
    const bodies = Object.entries(answer.content ?? {}).map(([type, media]) =>
      make('div', {}, make('p', {}, make('code', {}, type)), examples(media), fields(media.schema, 'always present')))
    return make('details', status.startsWith('2') ? { open: '' } : {}, title, headers, bodies)
  })
}

function article(method, path, operation) {
  return make('article', { id: operation.operationId, 'data-words': JSON.stringify([method, path, operation]).toLowerCase() },
    make('h3', {}, make('a', { href: `#${operation.operationId}` }, operation.summary)),
    make('p', { class: 'address' }, make('span', { class: 'method' }, method), path),
    make('p', { class: 'scope' }, ...inline(scope(operation))),
    prose(operation.description), parameters(operation), request(operation),
    make('h4', {}, 'Try it'), example(curl(method, path, operation)),
    make('h4', {}, 'Answers'), answers(operation))
}

function draw() {
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })))
  const named = (tag) => operations.filter(({ operation }) => (operation.tags ?? ['server'])[0] === tag)
  const page = document.getElementById('document')
  const contents = document.getElementById('contents')
  page.replaceChildren(...prose(api.info.description),
    make('p', {}, 'The document itself: ', make('a', { href: '/openapi.json' }, '/openapi.json')))
  for (const { name, description } of api.tags) {
    const here = named(name)
    page.append(make('section', {}, make('h2', { id: name }, name), prose(description),
      here.map(({ method, path, operation }) => article(method, path, operation))))
    contents.append(make('section', {}, make('strong', {}, make('a', { href: `#${name}` }, name)), make('ul', {}, here.map(({ operation }) =>
      make('li', { 'data-of': operation.operationId }, make('a', { href: `#${operation.operationId}` }, operation.summary.replace(/\.$/, '')))))))
  }
}

/** Shows the operations that have all of the words. */
function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  for (const one of document.querySelectorAll('article')) {
    const hidden = !words.every((word) => one.dataset.words.includes(word))
    one.hidden = hidden
    document.querySelector(`[data-of="${one.id}"]`).hidden = hidden
  }
  for (const section of document.querySelectorAll('section')) section.hidden = !section.querySelector('article:not([hidden]), li:not([hidden])')
}

async function start() {
  const answer = await fetch('/openapi.json')
  if (!answer.ok) throw new Error(`/openapi.json answered ${answer.status}`)
  api = await answer.json()
  draw()
  document.getElementById('find').addEventListener('input', (event) => find(event.target.value))
  // The browser looked for the anchor before it was there.
  document.getElementById(location.hash.slice(1))?.scrollIntoView()
}

start().catch((error) => { document.getElementById('wait').textContent = `The document could not be read: ${error.message}` })
