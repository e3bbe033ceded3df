// A real Prometheus scrapes the server, and every expression of the dashboard has an answer.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from './inbox.mjs'
import { openWorld } from './people.mjs'
import { freePort } from './ports.mjs'
import { API_KEY } from './server.mjs'

const DASHBOARD = fileURLToPath(new URL('../../packaging/grafana/switchboard.json', import.meta.url))

test('a Prometheus scrapes what happened, and the dashboard shows it', async (t) => {
  const world = await openWorld(t)
  const prometheus = await startPrometheus(t, world.server)
  await prometheus.eventually('up == 1', (found) => found.length === 1)

  const { carl, booking, hers } = await world.meeting()
  await hers.push('end')
  await world.http('GET', `/bookings/${booking.id}`)
  await assert.rejects(carl.book('billing', { note: 'x'.repeat(5000) }))

  await prometheus.eventually('switchboard_bookings_total{outcome="assigned"}', (found) => found[0]?.value[1] === '1')
  await prometheus.eventually('switchboard_sessions_total{ended_by="employee"}', (found) => found[0]?.value[1] === '1')
  await prometheus.eventually('sum(switchboard_employees)', (found) => found[0]?.value[1] === '1')
  await prometheus.eventually('increase(switchboard_offer_to_answer_seconds_count[1m]) > 0', (found) => found.length === 1)

  const expressions = await expressionsOf(DASHBOARD)
  assert.ok(expressions.length > 20, 'the dashboard has expressions')
  for (const expression of expressions) {
    await prometheus.eventually(expression, (found) => found.length > 0)
  }
})

test('what Prometheus reads is open on an address of its own, and elsewhere only to a key', async (t) => {
  const env = { SWITCHBOARD_METRICS_LISTEN: '127.0.0.1:0', SWITCHBOARD_LOG_FORMAT: 'json' }
  const world = await openWorld(t, { env })
  const [line] = await world.server.logged(/^.*metrics and probes are served.*$/m)
  const { address } = JSON.parse(line)
  const open = await fetch(`http://${address}/metrics`)
  assert.equal(open.status, 200)
  assert.equal(open.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  assert.match(await open.text(), /^switchboard_store_healthy 1$/m)
  assert.equal((await fetch(`http://${address}/readyz`)).status, 200)
  assert.equal((await fetch(`http://${address}/v1/companies`)).status, 404, 'nothing else is open there')
  await world.server.refused(401, 'unauthorized', 'GET', '/metrics', undefined, { key: null })
  assert.equal((await world.server.http('GET', '/metrics')).status, 200)
})

/** All expressions of the dashboard, with Grafana's variables filled in. */
async function expressionsOf(file) {
  const { panels } = JSON.parse(await readFile(file, 'utf8'))
  const targets = panels.flatMap((panel) => panel.targets ?? [])
  return targets.map(({ expr }) => expr.replaceAll('$job', 'switchboard').replaceAll('$__rate_interval', '1m'))
}

async function startPrometheus(t, server) {
  const directory = await mkdtemp(join(tmpdir(), 'switchboard-prometheus-'))
  const port = await freePort()
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      {
        job_name: 'switchboard',
        authorization: { credentials: API_KEY },
        static_configs: [{ targets: [`127.0.0.1:${server.port}`] }],
      },
    ],
  }
  // JSON is YAML too.
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config))
  const flags = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`]
  const child = spawn('prometheus', flags, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text))
  let failed
  const exited = new Promise((resolve) => child.once('close', resolve).once('error', resolve))
  void exited.then((why) => (failed = why))
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
    await rm(directory, { recursive: true, force: true })
  })
  const prometheus = {
    async ask(expression) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query: expression })}`)
      const { status, data, error } = await answer.json()
      assert.equal(status, 'success', `${expression}: ${error}`)
      return data.result
    },
    /** Repeats the query, because a rate needs two scrapes after an event; one comes each second. */
    async eventually(expression, isSo) {
      let found
      const said = () => `${expression} answers ${JSON.stringify(found)}; Prometheus said: ${log.slice(-1500)}`
      await eventually(said, async () => isSo((found = await prometheus.ask(expression))))
    },
  }
  await eventually(() => `Prometheus did not start: ${log}`, async () => {
    if (failed) throw new Error(`is prometheus installed? ${failed}; it said: ${log}`)
    return (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok
  })
  return prometheus
}
