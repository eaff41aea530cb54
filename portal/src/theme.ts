import { createTheme, type CSSVariablesResolver } from '@mantine/core'

export const theme = createTheme({
  primaryColor: 'ward',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 'sm',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  colors: {
    ward: ['#eaf2fb', '#d3e3f5', '#a5c6ea', '#74a8df', '#4f8fd6', '#3a7fd0', '#2f76cd', '#1f5fa8', '#1a5495', '#114782'],
    dark: ['#d3d9e1', '#aeb8c4', '#8d99a8', '#5b6877', '#3a4655', '#2b3542', '#212a35', '#181f28', '#121820', '#0c1117'],
  },
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm' } },
    Anchor: { defaultProps: { underline: 'hover' } },
    Tooltip: { defaultProps: { openDelay: 300 } },
    Modal: { defaultProps: { centered: true } },
  },
})

// Grey text of Mantine's own is below 4.5 : 1 on its backgrounds.
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#545f6b',
    '--mantine-color-placeholder': '#66717d',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-anchor': '#1a5495',
  },
  dark: {
    '--mantine-color-dimmed': '#a3afbc',
    '--mantine-color-placeholder': '#8d99a8',
    '--mantine-color-body': '#121820',
    '--mantine-color-anchor': '#8fbcf0',
  },
})
