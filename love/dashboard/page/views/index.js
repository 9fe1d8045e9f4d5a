// The views, in the order of the navigation. A view is a module with a default export, a
// component that gets {route}; it is loaded when it is first shown, with its style if it has
// one: {id, title, module: './x.js', style: 'views/x.css' or a list, admin: true for administrators only}.
import { AlarmBadge } from '../alarms.js';
import { ApprovalBadge } from '../authority.js';

export const views = [
  { id: 'observatory', title: 'Observatory', module: './observatory.js', style: ['views/observatory.css', 'views/component.css', 'views/plots.css', 'views/commands.css'] },
  { id: 'plots', title: 'Plots', module: './boards.js', style: ['views/plots.css', 'views/boards.css'] },
  { id: 'queue', title: 'Script queue', module: './queue.js', style: 'views/queue.css' },
  { id: 'alarms', title: 'Alarms', module: './alarms.js', style: 'views/alarms.css', badge: AlarmBadge },
  { id: 'commands', title: 'Commands', module: './commands.js', style: 'views/commands.css', badge: ApprovalBadge },
  { id: 'logs', title: 'Logs', module: './logs.js', style: 'views/logs.css' },
  { id: 'hub', title: 'Hub', module: './hub.js', style: 'views/hub.css' },
  { id: 'admin', title: 'Users', module: './admin.js', style: 'views/hub.css', admin: true },
  { id: 'about', title: 'About', module: './about.js' },
];
