// Loaded when a chart is shown: the only place that knows ECharts.
import { useComputedColorScheme } from '@mantine/core'
import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

import { day, percent, strings } from '~/strings'

use([LineChart, GridComponent, TooltipComponent, LegendComponent, CanvasRenderer])

export interface Line {
  name: string
  dashed?: boolean
  points: [at: string, share: number | null][]
}

const colours = { light: ['#1f5fa8', '#7a8794'], dark: ['#8fbcf0', '#8d99a8'] }
const inks = { light: { text: '#545f6b', line: '#dde2e8', ground: '#ffffff' }, dark: { text: '#a3afbc', line: '#2b3542', ground: '#212a35' } }

export default function Trend({ lines, height = 190 }: { lines: Line[]; height?: number }) {
  const place = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    const chart = init(place.current!)
    const ink = inks[scheme]
    chart.setOption({
      animation: false,
      color: colours[scheme],
      grid: { left: 40, right: 12, top: 28, bottom: 24 },
      legend: { right: 0, top: 0, textStyle: { color: ink.text, fontSize: 12 }, itemWidth: 18, icon: 'rect', itemHeight: 2 },
      // As text in the picture: as HTML it would carry inline styles, which the page refuses.
      tooltip: {
        trigger: 'axis', renderMode: 'richText', backgroundColor: ink.ground, borderColor: ink.line, textStyle: { color: ink.text, fontSize: 12 },
        formatter: (found: unknown) => {
          const rows = found as { seriesName: string; value: [string, number | null] }[]
          return [day(rows[0]?.value[0]), ...rows.map((each) => `${each.seriesName}: ${each.value[1] === null ? '–' : percent(each.value[1] * 100, 1)}`)].join('\n')
        },
      },
      xAxis: { type: 'time', axisLine: { lineStyle: { color: ink.line } }, axisLabel: { color: ink.text, fontSize: 11, hideOverlap: true }, splitLine: { show: false } },
      yAxis: { type: 'value', min: 0, max: 1, interval: 0.25, axisLabel: { color: ink.text, fontSize: 11, formatter: (value: number) => percent(value * 100) }, splitLine: { lineStyle: { color: ink.line } } },
      series: lines.map((line) => ({
        name: line.name, type: 'line', data: line.points, symbol: 'circle', symbolSize: 5, showSymbol: line.points.length < 3, lineStyle: { width: 2, type: line.dashed ? 'dashed' : 'solid' },
      })),
    })
    const watch = new ResizeObserver(() => chart.resize())
    watch.observe(place.current!)
    return () => {
      watch.disconnect()
      chart.dispose()
    }
  }, [lines, scheme])
  return <div ref={place} role="img" aria-label={strings.overview.trend} style={{ height }} />
}
