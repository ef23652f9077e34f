import { mount } from 'svelte';
import '../styles/index.css';
import { app } from '../state/app.svelte.ts';
import { createCommands } from '../state/commands.ts';
import App from './App.svelte';

app.commands = createCommands(app);
mount(App, { target: document.body });
void app.greet();
