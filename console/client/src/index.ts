// Switchboard's topics, typed, on the Phoenix client: what the package gives.

export type * from './words.js'
