// A session's room alone, as a page under test: who, where and with whom stand in its address.
import { Switchboard, type Json, type Session, type Side } from 'switchboard-client'
import { show } from '../../src/look/page.js'
import { LineStrip } from '../../src/look/line.js'
import { Consultation } from '../../src/session/consultation.js'
import './room.css'

const asked = new URLSearchParams(location.search)
const switchboard = new Switchboard(asked.get('url') ?? '', { token: () => asked.get('token') ?? '' })
const note = asked.get('note')
switchboard.connect()
show(
  <main class="room">
    <LineStrip switchboard={switchboard} />
    <Consultation
      switchboard={switchboard}
      session={{ id: asked.get('session') } as Session}
      side={asked.get('side') as Side}
      other={asked.get('other') ?? ''}
      {...(note !== null && { note: JSON.parse(note) as Json })}
    />
  </main>,
)
