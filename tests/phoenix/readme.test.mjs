// The two programs of the README do what it says, as they stand there.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { within } from './inbox.mjs'
import { openWorld } from './people.mjs'
import { token } from './server.mjs'

const README = fileURLToPath(new URL('../../README.md', import.meta.url))
const HERE = fileURLToPath(new URL('.', import.meta.url))
const RUN_LIMIT_MS = 15_000

test('the client and the employee of the README meet in a session', { timeout: 60_000 }, async (t) => {
  const programs = programsIn(await readFile(README, 'utf8'))
  const { company, employee } = namesIn(programs)
  const world = await openWorld(t, { env: { SWITCHBOARD_AUTO_PROVISION: 'true' } })
  await world.company(company)
  const directory = await mkdtemp(join(HERE, '.readme-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const env = {
    SWITCHBOARD_URL: world.server.socketUrl,
    CLIENT_TOKEN: token({ sub: 'readme-client', role: 'client', company }),
    EMPLOYEE_TOKEN: token({ sub: employee, role: 'employee', company, name: 'Readme' }),
  }
  const start = async (name) => {
    await writeFile(join(directory, name), programs[name])
    const program = run(join(directory, name), env)
    t.after(() => program.child.kill('SIGKILL'))
    return program
  }

  const watcher = await world.client('watcher', { company })
  const answering = await start('employee.mjs')
  const idle = watcher.line.next('availability', RUN_LIMIT_MS, ({ available }) => available, 'available')
  const early = answering.exited.then((exit) => Promise.reject(new Error(`employee.mjs ended early: ${said(answering, exit)}`)))
  await Promise.race([idle, early])
  early.catch(() => {})
  const booking = await start('client.mjs')
  for (const program of [answering, booking]) {
    const exit = await within(RUN_LIMIT_MS, () => `it did not end: ${said(program)}`, (resolve) => void program.exited.then(resolve))
    assert.equal(exit, 0, said(program, exit))
    assert.match(program.output, /^.*session.*$/im, said(program, exit))
  }
})

/** The fenced js blocks by the file name in their first line. */
function programsIn(readme) {
  const programs = {}
  for (const [, source] of readme.matchAll(/^```js\n([\s\S]*?)^```/gm)) {
    const name = /^\/\/ ((?:client|employee)\.mjs)\b/.exec(source)?.[1]
    if (name) programs[name] = source
  }
  assert.deepEqual(Object.keys(programs).sort(), ['client.mjs', 'employee.mjs'], 'programs in README.md')
  return programs
}

/** Whom the programs name: the tokens must be theirs. */
function namesIn(programs) {
  const named = /employee:([\w.~@-]+):([\w.~@-]+)/.exec(programs['employee.mjs'])
  assert.ok(named, 'employee.mjs joins the literal topic employee:<company>:<employee>')
  return { company: named[1], employee: named[2] }
}

function run(file, env) {
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const program = { file, child, output: '', errors: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (program.output += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (program.errors += text))
  program.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  return program
}

function said(program, exit = 'running') {
  return `${program.file} (${exit}); it printed: ${program.output}; and to stderr: ${program.errors}`
}
