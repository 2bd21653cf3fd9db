import { UniversalChatInterface } from "parley-react";

<UniversalChatInterface
  config={{
    type: "chatbot",
    chatbotId: "bot_123",
    chatId: "chat_123",
    features: {
      escalation: true, // Show escalation button
      realtimeMode: false, // Will be enabled after escalation
    },
  }}
/>
