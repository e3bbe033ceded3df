// The exports of the package: Switchboard's topics, typed, on the Phoenix client.

export { Switchboard } from './switchboard.js'
export type { LineState, Options } from './line.js'
export { Refusal } from './refusal.js'
export type { Topic } from './topic.js'
export { isOpen } from './company.js'
export type { CompanyTopic, CompanyState, CompanyEvents, Wish } from './company.js'
export type { EmployeeTopic, EmployeeState, EmployeeEvents, HeardOffer, HeardWrapUp } from './employee.js'
export type { SessionTopic, SessionState, SessionEvents, Outgoing } from './session.js'
export type { BoardTopic, BoardState, BoardEvents } from './board.js'
export type * from './words.js'
