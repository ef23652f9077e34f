// What the system would show: menus, dialogs, the shell. Nobody is there to answer, so what was asked is recorded, and the
// answer is that of a person who cancels; a test that wants another one replaces the function.
'use strict';
const { EventEmitter } = require('node:events');

const recorded = [];
function record(what, ...args) {
  recorded.push({ what, args });
}

const isWindow = (value) => value !== null && typeof value === 'object' && 'webContents' in value;
const asked =
  (what, answer) =>
  async (...args) => {
    record(what, ...args.filter((each) => !isWindow(each)));
    return answer;
  };

const dialog = {
  showOpenDialog: asked('showOpenDialog', { canceled: true, filePaths: [] }),
  showSaveDialog: asked('showSaveDialog', { canceled: true, filePath: '' }),
  showMessageBox: asked('showMessageBox', { response: 0, checkboxChecked: false }),
  showErrorBox: (...args) => record('showErrorBox', ...args),
};

const shell = {
  openExternal: asked('openExternal'),
  openPath: asked('openPath', ''),
  showItemInFolder: (path) => record('showItemInFolder', path),
};

class MenuItem {
  constructor(options) {
    const type = options.type ?? (options.submenu ? 'submenu' : 'normal');
    Object.assign(this, { enabled: true, visible: true, checked: false, label: options.role ?? '' }, options, { type });
    if (Array.isArray(options.submenu)) this.submenu = Menu.buildFromTemplate(options.submenu);
    this.click = () => {
      if (!this.enabled) return;
      if (options.click) options.click(this, require('./window.cjs').BrowserWindow.getFocusedWindow(), {});
      else if (options.role) record('role', options.role);
    };
  }
}

class Menu {
  static #application = null;
  items = [];

  append(item) {
    this.items.push(item);
  }
  getMenuItemById(id) {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
  popup() {
    record(
      'popup',
      this.items.map(({ label }) => label),
    );
  }

  static buildFromTemplate(template) {
    const menu = new Menu();
    for (const options of template) menu.append(new MenuItem(options));
    return menu;
  }
  static setApplicationMenu(menu) {
    Menu.#application = menu;
  }
  static getApplicationMenu() {
    return Menu.#application;
  }
}

const nativeTheme = Object.assign(new EventEmitter(), { themeSource: 'system', shouldUseDarkColors: false });

const area = { x: 0, y: 0, width: 1920, height: 1080 };
const display = { id: 1, bounds: area, workArea: area, scaleFactor: 1 };
const screen = Object.assign(new EventEmitter(), {
  getAllDisplays: () => [display],
  getPrimaryDisplay: () => display,
  getCursorScreenPoint: () => ({ x: 0, y: 0 }),
});

let copied = '';
const clipboard = { writeText: (text) => (copied = text), readText: () => copied };

module.exports = { clipboard, dialog, Menu, MenuItem, nativeTheme, record, recorded, screen, shell };
