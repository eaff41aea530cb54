// The API's own words, as a person reads them.
export const words: Record<string, string> = {
  high: 'High', medium: 'Medium', low: 'Low', informational: 'Informational',
  healthy: 'Healthy', unhealthy: 'Unhealthy', unknown: 'Unknown', not_applicable: 'Not applicable',
  exempt: 'Exempt', mitigated: 'Mitigated', waiver: 'Waived',
  failed: 'Failed', passed: 'Passed', not_determined: 'Not determined', manual: 'To attest', not_covered: 'Not covered',
  read: 'Read', empty: 'Empty', gone: 'Gone', denied: 'Denied', unsupported: 'Unsupported', not_requested: 'Not requested',
  compliant: 'Compliant', non_compliant: 'Not compliant', expired: 'Expired', active: 'Active', withdrawn: 'Withdrawn',
  audit: 'Audit', disabled: 'Disabled',
  aws: 'AWS', azure: 'Azure', gcp: 'Google Cloud', kubernetes: 'Kubernetes',
  true: 'Yes', false: 'No', '': 'Global',
}
