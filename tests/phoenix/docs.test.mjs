// The pages for users are correct: their programs and shell commands are run as printed.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { PATIENCE_MS } from './inbox.mjs'
import { freePort } from './ports.mjs'
import { blocksOf, emptyDirectory, Program, writePrograms } from './programs.mjs'
import { API_KEY, BINARY, RawSocket, SECRET, Server } from './server.mjs'

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url))
/** A page starts a server, stops it, and runs a dozen commands; Elixir compiles its modules. */
const PAGE_LIMIT_MS = 4 * PATIENCE_MS
const DOCUMENTED_ADDRESS = /127\.0\.0\.1:4000/g

test('the page for beginners does what it says', (t) => follow(t, 'getting-started.md'))

test('the page for operators does what it says', (t) => follow(t, 'operating.md'))

test('the page of the HTTP API does what it says', (t) => follow(t, 'api.md'))

test('the back end of the page for Node makes a company and an employee', async (t) => {
  const { server, directory } = await emptyCompany(t)
  await writePrograms(directory, await blocksOf(join(DOCS, 'clients/node.md')))
  const backEnd = new Program(t, process.execPath, ['back-end.mjs'], directory, environment(server))
  await backEnd.succeeds()
  assert.match(backEnd.output, /^Erika is offline$/m)
  const env = { ...environment(server), SWITCHBOARD_API: await proxyWithoutServer(t) }
  const refused = new Program(t, process.execPath, ['back-end.mjs'], directory, env)
  assert.equal(await refused.ended(), 1, refused.said)
  assert.match(refused.errors, /Error: PUT \/companies\/acme: 502 <html>/, refused.said)
})

const elixir = spawnSync('elixir', ['--version']).status === 0
test('the modules of the page for Phoenix mint tokens, ask over HTTP and know webhooks', {
  skip: elixir ? false : 'elixir is not installed',
}, async (t) => {
  const { server, directory } = await emptyCompany(t)
  const names = await writePrograms(directory, await blocksOf(join(DOCS, 'clients/phoenix-elixir.md')))
  await writeFile(join(directory, 'jason.ex'), JASON)
  const modules = ['jason.ex', ...names].flatMap((name) => ['-r', name])
  const [secret, sent] = [`whsec_${Buffer.from('a secret of thirty-two bytes or so').toString('base64')}`, new Date()]
  const signature = `v1,YW5vdGhlcg== ${new Webhook(secret).sign('acme:17', sent, WEBHOOK_BODY)}`
  const signed = {
    WEBHOOK_SECRET: secret,
    WEBHOOK_BODY,
    WEBHOOK_SIGNATURE: signature,
    WEBHOOK_TIMESTAMP: String(Math.floor(sent.getTime() / 1000)),
  }
  const env = { ...environment(server), ...signed, PROXY: await proxyWithoutServer(t) }
  const program = new Program(t, 'elixir', [...modules, '-e', ELIXIR_TRIAL], directory, env)
  await program.succeeds(PAGE_LIMIT_MS)
  assert.match(program.output, /^made: Erika$/m, program.said)
  assert.match(program.output, /^refused: unknown_employee$/m, program.said)
  assert.match(program.output, /^proxy: HTTP 502$/m, program.said)
  assert.match(program.output, /^webhook: offer\.made$/m, program.said)
  for (const wrong of ['another body', 'too old', 'no signature']) {
    assert.match(program.output, new RegExp(`^${wrong}: not_ours$`, 'm'), program.said)
  }
  const bearer = /^token: (\S+)$/m.exec(program.output)?.[1]
  const socket = await RawSocket.open(server, bearer)
  t.after(() => socket.drop())
  const [, , , , reply] = await socket.ask(['1', '1', 'company:acme', 'phx_join', {}])
  assert.equal(reply.status, 'ok', JSON.stringify(reply))
})

/** A proxy whose server is away answers with a page for people. */
async function proxyWithoutServer(t) {
  const proxy = createServer((_, answer) => answer.writeHead(502).end('<html>Bad Gateway</html>'))
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  return `http://127.0.0.1:${proxy.address().port}`
}

/** A Phoenix application's use of the page's modules, with as much of `Jason` as they need. */
const JASON = `
defmodule Jason do
  def encode!(map) when is_map(map) do
    "{" <> Enum.map_join(map, ",", fn {name, value} -> encode!(name) <> ":" <> encode!(value) end) <> "}"
  end

  def encode!(list) when is_list(list), do: "[" <> Enum.map_join(list, ",", &encode!/1) <> "]"
  def encode!(number) when is_number(number), do: to_string(number)
  def encode!(text), do: inspect(to_string(text))
  def decode("{" <> _ = said), do: {:ok, decode!(said)}
  def decode(_other), do: {:error, :no_json}

  def decode!(said) do
    term = said |> String.replace("{", "%{") |> String.replace("\\":", "\\" => ") |> String.replace("null", "nil")
    {value, _} = Code.eval_string(term)
    value
  end
end
`
const WEBHOOK_BODY = '{"id":"acme:17","type":"offer.made"}'
const ELIXIR_TRIAL = `
{:ok, _} = Application.ensure_all_started(:inets)
{:ok, _} = Switchboard.Api.put("/companies/acme", %{name: "Acme"})
{:ok, erika} = Switchboard.Api.put("/companies/acme/employees/erika", %{name: "Erika", topics: ["tax"]})
IO.puts("made: " <> erika["name"])
{:error, %{"reason" => reason}} = Switchboard.Api.get("/companies/acme/employees/nobody")
IO.puts("refused: " <> reason)
System.put_env("SWITCHBOARD_API", System.fetch_env!("PROXY"))
{:error, %{"reason" => "unreachable", "detail" => detail}} = Switchboard.Api.get("/companies/acme")
IO.puts("proxy: " <> detail)
env = &System.fetch_env!("WEBHOOK_" <> &1)
head = fn timestamp ->
  [{"webhook-id", "acme:17"}, {"webhook-timestamp", timestamp}, {"webhook-signature", env.("SIGNATURE")}]
end
now = head.(env.("TIMESTAMP"))
{:ok, event} = Switchboard.Webhook.verify(now, env.("BODY"), env.("SECRET"))
IO.puts("webhook: " <> event["type"])
refused = fn what, headers, body ->
  {:error, why} = Switchboard.Webhook.verify(headers, body, env.("SECRET"))
  IO.puts(what <> ": " <> to_string(why))
end
refused.("another body", now, env.("BODY") <> " ")
refused.("too old", head.("1700000000"), env.("BODY"))
refused.("no signature", [], env.("BODY"))
IO.puts("token: " <> Switchboard.Token.mint(%{sub: "alice", role: "client", company: "acme"}))
`

/** Runs all commands of a page in one shell, on a port of its own, and compares the output with the page. */
async function follow(t, page) {
  const directory = await emptyDirectory(t)
  const address = `127.0.0.1:${await freePort()}`
  const own = (text) => text.replace(DOCUMENTED_ADDRESS, address)
  const blocks = (await blocksOf(join(DOCS, page))).map((block) => ({ ...block, source: own(block.source) }))
  await writePrograms(directory, blocks)
  const script = ['set -euo pipefail', "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
  blocks.forEach(({ language, source }, at) => {
    if (language === 'sh') script.push(`echo '::block ${at}::'`, inTheBackground(source, address))
  })
  await mkdir(join(directory, 'bin'))
  await symlink(BINARY, join(directory, 'bin/switchboard'))
  const env = { PATH: `${join(directory, 'bin')}:${process.env.PATH}`, SWITCHBOARD_LISTEN: address }
  const shell = new Program(t, 'bash', ['-c', script.join('\n')], directory, env)
  await shell.succeeds(PAGE_LIMIT_MS)
  const commands = blocks.filter(({ language }) => language === 'sh')
  assert.ok(commands.length > 3, 'the page has commands')
  blocks.forEach(({ language, source }, at) => {
    const before = blocks.slice(0, at).findLastIndex((block) => block.language === 'sh')
    if (language !== 'text' || before < 0) return
    assertPrinted(shell.output.split(`::block ${before}::\n`)[1], source, page)
  })
}

/** Runs a server that a reader would leave in another terminal in the background, and waits until it is ready. */
function inTheBackground(source, address) {
  if (!/^switchboard serve[^&|\n]*\n$/.test(source)) return source
  const ready = `curl -fsS --retry 50 --retry-connrefused --retry-delay 1 -o /dev/null http://${address}/readyz`
  return `${source.trimEnd()} &\n${ready}`
}

/** Checks that each line of the page was printed after its block began; `...` matches anything. */
function assertPrinted(printed, lines, page) {
  for (const line of lines.trimEnd().split('\n')) {
    const pattern = line.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')
    assert.match(printed, new RegExp(`^${pattern}`, 'm'), `${page} says that this is printed`)
  }
}

async function emptyCompany(t) {
  const server = await Server.start()
  t.after(async () => {
    await server.stop()
    await server.remove()
  })
  return { server, directory: await emptyDirectory(t) }
}

function environment(server) {
  return {
    SWITCHBOARD_URL: server.socketUrl,
    SWITCHBOARD_API: server.url,
    SWITCHBOARD_API_KEY: API_KEY,
    SWITCHBOARD_JWT_SECRET: SECRET,
  }
}
