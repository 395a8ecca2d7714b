/** The status bar item: what the engine is doing; a click opens the menu. */
import * as vscode from "vscode";
import type { Status } from "./protocol";
import type { Server } from "./server";
import { statusText } from "./statusText";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    "fillwright.status",
    vscode.StatusBarAlignment.Right,
  );
  private readonly listening: vscode.Disposable;

  constructor(server: Server) {
    this.item.name = "Fillwright";
    this.item.command = "fillwright.showMenu";
    this.show({ state: "stopped", message: "", fraction: null, model: null, device: null });
    this.item.show();
    this.listening = server.onStatus((status) => {
      this.show(status);
    });
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private show(status: Status): void {
    const { text, tooltip, failed } = statusText(status);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: tooltip };
    this.item.backgroundColor = failed
      ? new vscode.ThemeColor("statusBarItem.warningBackground")
      : undefined;
  }
}
