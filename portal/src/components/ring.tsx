import { percent, strings } from '~/strings'

/** The score as a ring; `floor` marks where it would stand if everything unknown were unhealthy. */
export function Ring({ share, floor, size = 128 }: { share: number | null; floor?: number | null; size?: number }) {
  const radius = 54
  const round = 2 * Math.PI * radius
  const colour = share === null ? 'var(--bar-idle)' : share >= 0.8 ? 'var(--bar-good)' : share >= 0.5 ? 'light-dark(#c98a00, #d9a441)' : 'var(--bar-bad)'
  const said = share === null ? strings.overview.scoreNone : percent(share * 100)
  return (
    <svg viewBox="0 0 128 128" width={size} height={size} style={{ flex: 'none' }} role="img" aria-label={`${strings.overview.score}: ${said}`}>
      <circle cx="64" cy="64" r={radius} fill="none" stroke="var(--idle-ground)" strokeWidth="10" />
      <circle
        cx="64" cy="64" r={radius} fill="none" strokeWidth="10" stroke={colour}
        strokeDasharray={`${(share ?? 0) * round} ${round}`} transform="rotate(-90 64 64)"
      />
      {floor !== null && floor !== undefined && share !== null && floor < share ? (
        <line
          x1="64" y1="3" x2="64" y2="17" stroke="var(--ink)" strokeWidth="2"
          transform={`rotate(${floor * 360} 64 64)`}
        />
      ) : null}
      <text x="64" y="66" textAnchor="middle" dominantBaseline="middle" fontSize="28" fontWeight="650" fill="var(--ink)">
        {share === null ? '–' : percent(share * 100)}
      </text>
    </svg>
  )
}
