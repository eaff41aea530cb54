// MITRE ATT&CK's tactics, in the order of an attack.
export const TACTICS = ['TA0043', 'TA0042', 'TA0001', 'TA0002', 'TA0003', 'TA0004', 'TA0005', 'TA0006', 'TA0007', 'TA0008', 'TA0009', 'TA0011', 'TA0010', 'TA0040']

// The API's own words, as a person reads them.
export const words: Record<string, string> = {
  high: 'High', medium: 'Medium', low: 'Low', informational: 'Informational',
  healthy: 'Healthy', unhealthy: 'Unhealthy', unknown: 'Unknown', not_applicable: 'Not applicable',
  exempt: 'Exempt', mitigated: 'Mitigated', waiver: 'Waived',
  failed: 'Failed', passed: 'Passed', not_determined: 'Not determined', manual: 'To attest', not_covered: 'Not covered',
  read: 'Read', empty: 'Empty', gone: 'Gone', denied: 'Denied', unsupported: 'Unsupported', not_requested: 'Not requested',
  compliant: 'Compliant', non_compliant: 'Not compliant', expired: 'Expired', active: 'Active', withdrawn: 'Withdrawn',
  email: 'E-mail', webhook: 'Webhook', slack: 'Slack', teams: 'Teams', jira: 'Jira', syslog: 'Syslog',
  queued: 'Waits', running: 'Running', done: 'Done', cancelled: 'Cancelled',
  audit: 'Audit', disabled: 'Disabled',
  aws: 'AWS', azure: 'Azure', gcp: 'Google Cloud', kubernetes: 'Kubernetes',
  in_progress: 'In progress', resolved: 'Resolved', dismissed: 'Dismissed',
  TA0043: 'Reconnaissance', TA0042: 'Resource development', TA0001: 'Initial access', TA0002: 'Execution', TA0003: 'Persistence',
  TA0004: 'Privilege escalation', TA0005: 'Defense evasion', TA0006: 'Credential access', TA0007: 'Discovery', TA0008: 'Lateral movement',
  TA0009: 'Collection', TA0011: 'Command and control', TA0010: 'Exfiltration', TA0040: 'Impact',
  finished: 'Finished', abandoned: 'Abandoned',
  'security-reader': 'Security reader', 'security-admin': 'Security admin', auditor: 'Auditor', contributor: 'Contributor', sender: 'Sender', owner: 'Owner',
  account: 'Account', root: 'Root', 'organizational unit': 'Organizational unit', subscription: 'Subscription', project: 'Project', cluster: 'Cluster', organization: 'Organization',
  true: 'Yes', false: 'No', '': 'Global',
}
