// The pages' example programs meet in any order; each reports why it cannot continue, and ends.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Relay } from './line.mjs'
import { openWorld } from './people.mjs'
import { blocksOf, emptyDirectory, Program, writePrograms } from './programs.mjs'
import { SECRET, token } from './server.mjs'

const page = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const OTHER_SECRET = 'a-secret-of-another-server-0123456789abcdef012345'
const TIME_LIMIT = { timeout: 180_000 }
/** The least bytes of messages that a session can be given. */
const FULL = 8192

const PAGE = 'docs/clients/node.md'
const COMPANY = 'acme'

function tokens(secret) {
  const made = (claims) => token({ company: COMPANY, ...claims }, { secret })
  return {
    EMPLOYEE_TOKEN: made({ sub: 'erika', role: 'employee' }),
    CLIENT_TOKEN: made({ sub: 'alice', role: 'client' }),
  }
}

/** A server with the page's company and Erika, and a function that starts a program of the page. */
async function open(t, settings = {}) {
  const world = await openWorld(t, { env: settings })
  await world.company(COMPANY)
  await world.server.ask('PUT', `/v1/companies/${COMPANY}/employees/erika`, { name: 'Erika', topics: ['tax'] })
  const directory = await emptyDirectory(t)
  await writePrograms(directory, await blocksOf(page(PAGE)))
  const start = (program, { url = world.server.socketUrl, env = { SWITCHBOARD_JWT_SECRET: SECRET } } = {}) =>
    new Program(t, process.execPath, [program], directory, { SWITCHBOARD_URL: url, ...env })
  return { world, start }
}

/** Erika and Alice in a session, each on a device of the test. */
async function meeting(world) {
  const erika = await world.device('erika', { company: COMPANY })
  await erika.setStatus('idle')
  const alice = await world.client('alice', { company: COMPANY })
  await alice.book('tax')
  const session = await erika.accept(await erika.offer())
  return { erika, alice, hers: await erika.session(session), his: await alice.session(session) }
}

test('the programs meet in a session, started at once', TIME_LIMIT, async (t) => {
  const { start } = await open(t)
  const both = [start('employee.mjs'), start('client.mjs')]
  for (const program of both) await program.succeeds()
  const [employee, client] = both
  assert.match(employee.output, /the client says: May I deduct my bicycle\?/, employee.said)
  assert.match(employee.output, /session .*was ended by the (client|employee)$/m, employee.said)
  assert.match(client.output, /^Erika says: Yes, you may\./m, client.said)
})

test('a client who comes first says what it waits for, and goes on when somebody comes', TIME_LIMIT, async (t) => {
  const { start } = await open(t)
  const client = start('client.mjs')
  await client.says(/^nobody is idle: waiting/m)
  const employee = start('employee.mjs')
  for (const program of [client, employee]) await program.succeeds()
})

test('an employee who comes into a session finds what was said before', TIME_LIMIT, async (t) => {
  const { world, start } = await open(t)
  const { erika, his } = await meeting(world)
  erika.drop()
  await his.push('message', { body: 'May I deduct my bicycle?' })
  const employee = start('employee.mjs')
  await his.next('message', undefined, ({ from }) => from === 'employee', 'from the employee')
  await his.ask('end')
  await employee.succeeds()
  assert.match(employee.output, /May I deduct my bicycle\?/, employee.said)
})

test('a client who comes back into a session goes on in it', TIME_LIMIT, async (t) => {
  const { world, start } = await open(t)
  const { alice, hers } = await meeting(world)
  alice.drop()
  const client = start('client.mjs')
  await hers.next('message', undefined, ({ from }) => from === 'client', 'from the client')
  await hers.push('message', { body: 'Yes, you may.' })
  await client.says(/Erika says: Yes, you may\./)
  await hers.ask('end')
  await client.succeeds()
})

test('a client whom nobody takes says so, and ends', TIME_LIMIT, async (t) => {
  const { world, start } = await open(t)
  const erika = await world.device('erika', { company: COMPANY })
  await erika.setStatus('idle')
  const client = start('client.mjs')
  await erika.reject(await erika.offer())
  await client.succeeds()
  assert.match(client.output, /everyone_declined/, client.said)
})

for (const program of ['employee.mjs', 'client.mjs']) {
  test(`${program} takes it for no fault that the other side ended before its answer`, TIME_LIMIT, async (t) => {
    const { world, start } = await open(t)
    const relay = await Relay.open(world.server.port)
    t.after(() => relay.close())
    const { erika, alice, hers, his } = await meeting(world)
    const [device, other] = program === 'employee.mjs' ? [erika, his] : [alice, hers]
    device.drop()
    await other.next('peer', undefined, ({ online }) => !online, 'that nobody is there')
    const late = start(program, { url: relay.socketUrl })
    await other.next('peer', undefined, ({ online }) => online, 'of the program')
    relay.hold()
    for (const body of ['Hello', 'Are you there?']) await other.push('message', { body })
    await other.push('end')
    relay.mend()
    await late.succeeds()
    assert.match(late.output, /Are you there\?/, late.said)
  })
}

for (const program of ['employee.mjs', 'client.mjs']) {
  test(`${program} says that its token is not taken, and ends`, TIME_LIMIT, async (t) => {
    const { start } = await open(t)
    for (const env of [{ SWITCHBOARD_JWT_SECRET: OTHER_SECRET }, {}]) {
      const refused = start(program, { env })
      assert.notEqual(await refused.ended(), 0, refused.said)
      assert.match(refused.errors, /401/, refused.said)
    }
  })

  test(`${program} says that its message is refused, and ends`, TIME_LIMIT, async (t) => {
    const { world, start } = await open(t, { SWITCHBOARD_MESSAGE_BYTES_PER_SESSION: String(FULL) })
    const { his } = await meeting(world)
    await his.push('message', { body: 'x'.repeat(FULL - 1) })
    const refused = start(program)
    assert.equal(await refused.ended(), 1, refused.said)
    assert.match(refused.errors, /^session_full: /m, refused.said)
  })

  test(`${program} says that there is no line, and goes on when there is one`, TIME_LIMIT, async (t) => {
    const { world, start } = await open(t)
    const relay = await Relay.open(world.server.port)
    t.after(() => relay.close())
    relay.cut()
    const [other] = ['employee.mjs', 'client.mjs'].filter((one) => one !== program)
    const waiting = start(program, { url: relay.socketUrl })
    await waiting.says(/^no line to ws:.*trying again$/m)
    relay.mend()
    const there = start(other)
    for (const one of [waiting, there]) await one.succeeds()
  })
}

test('the program for beginners runs twice in a row, also after it was ended halfway', TIME_LIMIT, async (t) => {
  const { world, directory, env } = await beginners(t)
  const run = () => new Program(t, process.execPath, ['booking.mjs'], directory, env)
  for (const time of ['first', 'second']) {
    const program = run()
    await program.succeeds()
    assert.match(program.output, /^Alice has Erika, in session /m, `${time} time: ${program.said}`)
  }
  const { alice, erika } = await meeting(world, 'acme')
  for (const one of [alice, erika]) one.drop()
  await run().succeeds()
})

test('the program for beginners says what is wrong, and ends', TIME_LIMIT, async (t) => {
  const { directory, env } = await beginners(t)
  const expectations = [
    [{ ...env, CLIENT_TOKEN: tokens(OTHER_SECRET).CLIENT_TOKEN }, /^Alice has no line: .*401/m],
    [{ ...env, EMPLOYEE_TOKEN: undefined }, /^Erika has no line: .*401/m],
    [{ ...env, EMPLOYEE_TOKEN: env.CLIENT_TOKEN }, /^forbidden: /m],
  ]
  for (const [settings, expected] of expectations) {
    const program = new Program(t, process.execPath, ['booking.mjs'], directory, settings)
    assert.equal(await program.ended(), 1, program.said)
    assert.match(program.errors, expected, program.said)
  }
})

/** The program of the page for beginners, with a server of this test. */
async function beginners(t) {
  const world = await openWorld(t)
  await world.server.ask('PUT', '/v1/companies/acme/employees/erika', { name: 'Erika', topics: ['tax'] })
  const directory = await emptyDirectory(t)
  const blocks = await blocksOf(page('docs/getting-started.md'))
  const own = blocks.map(({ source }) => ({ source: source.replaceAll('ws://127.0.0.1:4000/socket', world.server.socketUrl) }))
  assert.deepEqual(await writePrograms(directory, own), ['booking.mjs'])
  return { world, directory, env: tokens(SECRET) }
}
