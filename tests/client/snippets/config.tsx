import type { ChatConfig } from "parley-react";

const chatConfig: ChatConfig = {
  // ... other config
  features: {
    realtimeMode: true, // Enable real-time chat
    escalation: false, // Disable escalation button (already escalated)
    supportView: true, // If this is agent view
    // ... other features
  },
};
