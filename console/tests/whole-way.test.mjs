// Two employees and two clients meet on the pages: book, decline, accept, write, reload, end; and the board follows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { press } from './stage.mjs'
import { openWorld, SCREEN } from './world.mjs'

test('two employees and two clients book, decline, accept, write and end', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const [erika, max, alice, bob, board] = await Promise.all([
    world.desk('erika'),
    world.desk('max', { viewport: SCREEN }),
    world.client('alice'),
    world.client('bob', { viewport: SCREEN }),
    world.board(),
  ])
  await alice.sees('No one is free right now')
  await erika.on()
  await max.on()
  await alice.page.locator('.topic', { hasText: 'tax' }).getByText('2 free now').waitFor()

  await t.test('who has been idle longest is asked, and the client sees how far the search is', async () => {
    await alice.ask('tax', 'May I deduct my bicycle?')
    await alice.waits('Asking the first of two')
    await erika.asked('tax')
    await erika.sees('May I deduct my bicycle?')
    await board.row('Erika').getByText('Being asked').waitFor()
    await erika.decline()
    await alice.waits('Asking the second of two')
    await max.asked('tax')
    await max.page.waitForTimeout(600)
    await max.page.keyboard.press('a')
    await Promise.all([max.inSession(), alice.inSession()])
    await board.row('Max').getByText('In session').waitFor()
  })

  await t.test('what one writes the other reads, and the marks say so', async () => {
    await alice.say('Good morning')
    await max.hears('Good morning')
    await max.say('Yes, you may.')
    await alice.hears('Yes, you may.')
    await alice.lastIs('Seen')
  })

  await t.test('a second pair meets beside the first', async () => {
    await bob.ask('travel')
    await erika.asked('travel')
    await erika.accept()
    await Promise.all([erika.inSession(), bob.inSession()])
    await bob.say('Where to?')
    await erika.hears('Where to?')
  })

  await t.test('both pairs call each other, and each sees the other’s pictures', async () => {
    await Promise.all([alice.callByVideo(), erika.callByVideo()])
    await Promise.all([max.answer(), bob.answer()])
    await Promise.all([alice, max, erika, bob].map((person) => person.seesFrames(20)))
    await press(alice.find('button', 'Hang up'))
    await max.sees('Alice Miller hung up.')
    await press(max.find('button', 'Close'))
  })

  await t.test('a reload in the middle shows everything again', async () => {
    await alice.writing.fill('a half-written thought')
    await Promise.all([alice.page.reload(), max.page.reload()])
    await Promise.all([alice.inSession(), max.inSession()])
    await alice.hears('Yes, you may.')
    assert.deepEqual(await alice.said(), ['Good morning', 'Yes, you may.'])
    assert.equal(await alice.writing.inputValue(), 'a half-written thought')
    await alice.say('I am back')
    await max.hears('I am back')
    assert.deepEqual(await max.said(), ['Good morning', 'Yes, you may.', 'I am back'])
    assert.deepEqual(await erika.said(), ['Where to?'])
    // The other pair's call goes on while one of them reloads.
    await bob.page.reload()
    await Promise.all([erika, bob].map((person) => person.seesFrames(20)))
  })

  await t.test('the end is told to both, with its reason, and the client can ask again', async () => {
    await max.end()
    await max.sees('Session with Alice Miller is over')
    await max.sees('You ended it.')
    await alice.isOver('Your session with Max is over')
    await alice.sees('Max ended it.')
    await board.row('Max').getByText('Available').waitFor()
    await press(alice.find('button', 'Ask again'))
    await alice.ask('tax')
    await max.asked('tax')
    await press(alice.find('button', 'Cancel'))
    await alice.isOver('Request cancelled.')
    await max.sees('The client cancelled.')
    await bob.end()
    await bob.sees('You ended it.')
    await erika.sees('The client ended it.')
  })

  await t.test('the day is told at the desk', async () => {
    await press(max.find('button', 'Done'))
    const { page } = max
    await page.getByRole('heading', { name: 'Today' }).waitFor()
    await press(page.getByRole('button', { name: 'tax with alice' }).first())
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Yes, you may.').waitFor()
  })
})

test('two devices of one employee stay in step', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const [phone, screen, alice] = await Promise.all([
    world.desk('erika'),
    world.desk('erika', { viewport: SCREEN }),
    world.client('alice'),
  ])
  await phone.on()
  await screen.is('Available')
  await alice.ask('travel')
  await Promise.all([phone.asked('travel'), screen.asked('travel')])
  await screen.decline()
  await phone.sees('Declined on another device.')
  await alice.isOver('No one was able to take your request.')
  await press(alice.find('button', 'Ask again'))
  await alice.ask('travel')
  await phone.asked('travel')
  await phone.accept()
  await Promise.all([phone.inSession(), screen.inSession(), alice.inSession()])
  await alice.say('Who reads this?')
  await Promise.all([phone.hears('Who reads this?'), screen.hears('Who reads this?')])
  await screen.say('Both of me')
  await Promise.all([phone.hears('Both of me'), alice.hears('Both of me')])
})

test('two devices of one client stay in step', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const [phone, screen, erika] = await Promise.all([
    world.client('alice'),
    world.client('alice', { viewport: SCREEN }),
    world.desk('erika'),
  ])
  await erika.on()
  await phone.ask('tax')
  await Promise.all([phone, screen].map((device) => device.waits('Asking the only one')))
  await screen.press('Cancel')
  await Promise.all([phone, screen].map((device) => device.isOver('Request cancelled.')))
  // Each device puts an ended booking away for itself; the next booking is on both.
  await screen.press('Ask again')
  await screen.ask('tax')
  await erika.asked('tax')
  await erika.accept()
  await Promise.all([phone, screen, erika].map((device) => device.inSession()))
  await erika.say('Which of you is it?')
  await Promise.all([phone, screen].map((device) => device.hears('Which of you is it?')))
  await phone.say('Both of me')
  await Promise.all([screen, erika].map((device) => device.hears('Both of me')))
  await screen.end()
  await Promise.all([phone, screen].map((device) => device.isOver('Your session with Erika is over')))
})

test('a board whose line is cut shows afterwards how everything went on', { timeout: 300_000 }, async (t) => {
  const world = await openWorld(t)
  const direct = { base: world.server.url }
  const [erika, alice, board] = await Promise.all([
    world.desk('erika', direct),
    world.client('alice', direct),
    world.board(),
  ])
  await erika.on()
  await alice.ask('tax')
  await board.row('Erika').getByText('Being asked').waitFor()
  await board.page.locator('.pane-asked .entry', { hasText: 'alice' }).waitFor()
  world.line.cut()
  await board.isLost()
  await erika.accept()
  await Promise.all([erika.inSession(), alice.inSession()])
  assert.equal(await board.row('Erika').getByText('Being asked').count(), 1, 'it is from before')
  world.line.mend()
  await board.row('Erika').getByText('In session').waitFor()
  const running = board.page.locator('.pane-running .entry', { hasText: 'alice' })
  await running.waitFor()
  await board.sees('No client is waiting.')
  world.line.cut()
  await board.isLost()
  await alice.end()
  await erika.sees('The client ended it.')
  assert.equal(await running.count(), 1, 'it is from before')
  world.line.mend()
  await board.row('Erika').getByText('Available').waitFor()
  await board.sees('No session is running.')
})
