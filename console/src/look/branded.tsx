// What a company looks like on a page: its colour, and its logo beside its name.
import { useEffect } from 'preact/hooks'
import type { Company } from 'switchboard-client'
import { paint } from './brand.js'

/** Gives the page the company's colour, once that is known. */
export function useBrand(company: Company | undefined): void {
  const colour = company?.colour
  useEffect(() => paint(colour), [colour])
}

/** The logo, where there is one; the name stands beside it. */
export function Logo({ company }: { company: Company | undefined }) {
  return company?.logo ? <img class="logo" src={company.logo} alt="" /> : null
}
